package shop;

import io.sentry.Breadcrumb;
import io.sentry.Sentry;
import io.sentry.SentryLevel;
import io.sentry.protocol.User;
import java.util.Scanner;

/**
 * Sends errors with the Java SDK, to the DSN in SENTRY_DSN and tagged with the name in PROGRAM.
 *
 * <p>Without an argument: an exception with a cause that is handled, a message, and an exception that ends the program.
 * With `steps`: what the lines on standard input ask for, each answered with `done` once the SDK has nothing left to
 * send.
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

  static void ship() {
    throw new IllegalArgumentException("no address to ship to");
  }

  static void breadcrumb(String category, String message) {
    Breadcrumb breadcrumb = new Breadcrumb(message);
    breadcrumb.setCategory(category);
    Sentry.addBreadcrumb(breadcrumb);
  }

  static void capture() {
    User user = new User();
    user.setId("u-42");
    Sentry.setUser(user);
    Sentry.setTag("program", System.getenv("PROGRAM"));
    Sentry.setExtra("note", "paid with card 4111 1111 1111 1111");
    breadcrumb("auth", "user logged in");
    breadcrumb("cart", "order opened");
    try {
      checkout();
    } catch (IllegalStateException error) {
      Sentry.captureException(error);
    }
    Sentry.captureMessage("stock is low", SentryLevel.WARNING);
    ship();
  }

  static void steps() {
    Scanner lines = new Scanner(System.in);
    while (lines.hasNextLine()) {
      String line = lines.nextLine();
      if (line.startsWith("error ")) {
        Sentry.captureException(new IllegalStateException(line.substring("error ".length())));
      } else {
        Sentry.startTransaction("checkout", "task").finish();
      }
      Sentry.flush(5000);
      System.out.println("done");
    }
    Sentry.close();
  }

  public static void main(String[] arguments) {
    Sentry.init(
        options -> {
          options.setDsn(System.getenv("SENTRY_DSN"));
          options.setRelease("shop@1.2.3");
          options.setEnvironment("staging");
          options.setTracesSampleRate(1.0);
          options.addInAppInclude("shop");
        });
    if (arguments.length > 0 && arguments[0].equals("steps")) {
      steps();
    } else {
      capture();
    }
  }
}
