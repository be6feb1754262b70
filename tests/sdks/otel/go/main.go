// Reports one error with OpenTelemetry's Go SDK, as a log record and as an exception of a span, to where the usual
// OTEL_* variables say. Prints the trace's id.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func exporters(ctx context.Context) (*otlptrace.Exporter, sdklog.Exporter) {
	if os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL") == "grpc" {
		return must(otlptracegrpc.New(ctx)), must(otlploggrpc.New(ctx))
	}
	return must(otlptracehttp.New(ctx)), must(otlploghttp.New(ctx))
}

func checkout(ctx context.Context, span trace.Span, logger log.Logger) {
	err := fmt.Errorf("cannot price the order: %w", errors.New("no price for an empty order"))
	span.SetAttributes(attribute.String("user.id", "u-42"))
	span.RecordError(err, trace.WithStackTrace(true))
	var record log.Record
	record.SetSeverity(log.SeverityError)
	record.SetBody(attribute.StringValue("the checkout failed"))
	record.AddAttributes(
		attribute.String("exception.type", fmt.Sprintf("%T", err)),
		attribute.String("exception.message", err.Error()),
		attribute.String("exception.stacktrace", string(debug.Stack())),
		attribute.String("user.id", "u-42"),
	)
	logger.Emit(ctx, record)
}

func main() {
	ctx := context.Background()
	spans, logs := exporters(ctx)
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	loggers := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(logs)))
	ctx, span := tracers.Tracer("shop").Start(ctx, "GET /cart")
	checkout(ctx, span, loggers.Logger("shop"))
	span.End()
	if err := errors.Join(tracers.Shutdown(ctx), loggers.Shutdown(ctx)); err != nil {
		panic(err)
	}
	fmt.Println(span.SpanContext().TraceID())
}
