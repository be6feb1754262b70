// Reports one error with OpenTelemetry's JavaScript SDK, as a log record and as an exception of a span, to where the
// usual OTEL_* variables say. Prints the trace's id.
const { context, trace } = require("@opentelemetry/api");
const { SeverityNumber } = require("@opentelemetry/api-logs");
const { detectResources, envDetector, defaultResource } = require("@opentelemetry/resources");
const { LoggerProvider, SimpleLogRecordProcessor } = require("@opentelemetry/sdk-logs");
const { NodeTracerProvider, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-node");

const FLAVOUR = { "http/protobuf": "proto", "http/json": "http", grpc: "grpc" }[process.env.OTEL_EXPORTER_OTLP_PROTOCOL];
const { OTLPLogExporter } = require(`@opentelemetry/exporter-logs-otlp-${FLAVOUR}`);
const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${FLAVOUR}`);

function readPrice(item) {
  return item.price.amount;
}

function checkout() {
  try {
    return readPrice({});
  } catch (cause) {
    throw new RangeError("cannot price the order", { cause });
  }
}

async function main() {
  const resource = defaultResource().merge(detectResources({ detectors: [envDetector] }));
  const loggers = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter() })] });
  const tracers = new NodeTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter())] });
  const span = tracers.getTracer("shop").startSpan("GET /cart", { attributes: { "user.id": "u-42" } });
  try {
    checkout();
  } catch (error) {
    span.recordException(error);
    loggers.getLogger("shop").emit({
      context: trace.setSpan(context.active(), span),
      severityNumber: SeverityNumber.ERROR,
      severityText: "ERROR",
      body: "the checkout failed",
      attributes: { "exception.type": error.name, "exception.message": error.message, "exception.stacktrace": error.stack, "user.id": "u-42" },
    });
  }
  span.end();
  await Promise.all([tracers.shutdown(), loggers.shutdown()]);
  console.log(span.spanContext().traceId);
}

main();
