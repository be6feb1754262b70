package shop;

import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * Reports one error with OpenTelemetry's Java SDK, as a log record and as an exception of a span, to where the usual
 * OTEL_* variables say. Prints the trace's id.
 */
public class App {
  static int price(int count) {
    return 100 / count;
  }

  static int checkout() {
    try {
      return price(0);
    } catch (ArithmeticException cause) {
      throw new IllegalStateException("cannot price the order", cause);
    }
  }

  static String stack(Throwable error) {
    StringWriter text = new StringWriter();
    error.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  public static void main(String[] arguments) {
    OpenTelemetrySdk sdk = AutoConfiguredOpenTelemetrySdk.initialize().getOpenTelemetrySdk();
    Span span = sdk.getTracer("shop").spanBuilder("GET /cart").setAttribute("user.id", "u-42").startSpan();
    try {
      checkout();
    } catch (IllegalStateException error) {
      span.recordException(error);
      sdk.getLogsBridge()
          .get("shop")
          .logRecordBuilder()
          .setContext(Context.current().with(span))
          .setSeverity(Severity.ERROR)
          .setBody("the checkout failed")
          .setAttribute("exception.type", error.getClass().getName())
          .setAttribute("exception.message", error.getMessage())
          .setAttribute("exception.stacktrace", stack(error))
          .setAttribute("user.id", "u-42")
          .emit();
    }
    span.end();
    sdk.close();
    System.out.println(span.getSpanContext().getTraceId());
  }
}
