"""Sends a chained exception and a message with the Python SDK. The DSN comes from SENTRY_DSN."""
import sentry_sdk

sentry_sdk.init(release="shop@1.2.3", environment="staging", send_default_pii=True)


def divide(n):
    note = "paid with card 4111 1111 1111 1111"  # a local variable, which the SDK sends along
    return len(note) / n


def checkout():
    try:
        divide(0)
    except ZeroDivisionError as cause:
        raise ValueError("cannot price the order") from cause


with sentry_sdk.new_scope() as scope:
    scope.set_user({"id": "u-42"})
    scope.set_tag("program", "python")
    sentry_sdk.add_breadcrumb(category="auth", message="user logged in", level="info")
    sentry_sdk.add_breadcrumb(category="cart", message="order opened", level="info")
    try:
        checkout()
    except ValueError:
        sentry_sdk.capture_exception()
    sentry_sdk.capture_message("stock is low", level="warning")
sentry_sdk.flush(10)
