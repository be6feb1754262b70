"""What a newcomer's program does: an error with a cause, variables, a user and something before it."""
import sentry_sdk

sentry_sdk.init(release="shop@1.2.3", environment="staging")
sentry_sdk.set_user({"id": "u-42"})
sentry_sdk.set_tag("tenant", "acme")
sentry_sdk.add_breadcrumb(category="prices", message="looked up the price list", data={"rows": 12})


def price_of(amount):
    try:
        return 100 / amount
    except ZeroDivisionError as cause:
        raise ValueError("cannot price the order") from cause


try:
    price_of(0)
except ValueError:
    sentry_sdk.capture_exception()
sentry_sdk.flush(10)
