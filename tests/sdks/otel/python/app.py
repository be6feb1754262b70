"""Reports one error with OpenTelemetry's Python SDK, as a log record and as an exception of a span, to where the usual
OTEL_* variables say. Prints the trace's id."""
import importlib
import logging
import os

from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

EXPORTERS = {"http/protobuf": "proto.http", "http/json": "json.http", "grpc": "proto.grpc"}


def exporters():
    place = "opentelemetry.exporter.otlp." + EXPORTERS[os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"]]
    spans, logs = (importlib.import_module(f"{place}.{name}") for name in ("trace_exporter", "_log_exporter"))
    return spans, logs


def divide(n):
    return 100 / n


def checkout():
    try:
        divide(0)
    except ZeroDivisionError as cause:
        raise ValueError("cannot price the order") from cause


spans, logs = exporters()
tracers, loggers = TracerProvider(), LoggerProvider()
exporter = next(getattr(spans, name) for name in dir(spans) if name.startswith("OTLP") and name.endswith("SpanExporter"))
tracers.add_span_processor(SimpleSpanProcessor(exporter()))
exporter = next(getattr(logs, name) for name in dir(logs) if name.startswith("OTLP") and name.endswith("LogExporter"))
loggers.add_log_record_processor(SimpleLogRecordProcessor(exporter()))
log = logging.getLogger("shop")
log.addHandler(LoggingHandler(logger_provider=loggers))
with tracers.get_tracer("shop").start_as_current_span("GET /cart") as span:
    span.set_attribute("user.id", "u-42")
    try:
        checkout()
    except ValueError as error:
        span.record_exception(error)
        log.exception("the checkout failed", extra={"user.id": "u-42"})
    print(format(span.get_span_context().trace_id, "032x"))
tracers.shutdown()
loggers.shutdown()
