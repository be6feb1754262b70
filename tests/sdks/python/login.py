"""A web application whose login fails, with the secrets in SECRETS (JSON) all over the request, for one request.

The secrets come from outside, so that the lines of code that the SDK sends along hold none.
"""
import io
import json
import os
import sys
import urllib.parse

import sentry_sdk
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware

sentry_sdk.init(release="shop@1.2.3", environment="staging", send_default_pii=True, max_request_body_size="always")
SECRETS = json.loads(os.environ.pop("SECRETS"))


def sign_in(user, password, api_key):
    client_options = {"retries": 3, "secret": SECRETS["variable"]}
    sentry_sdk.add_breadcrumb(category="query", message=f"UPDATE users SET password = '{SECRETS['breadcrumb']}' WHERE id = 7")
    sentry_sdk.add_breadcrumb(category="http", data={"url": f"https://api.shop.example/v1?access_token={SECRETS['crumb_url']}", "attempt": len(client_options)})
    raise PermissionError(f"login failed with password {password} and key {api_key} for the second time")


def credentials(environ):
    form = urllib.parse.parse_qs(environ["wsgi.input"].read().decode())
    return form["user"][0], form["password"][0]


def application(environ, start_response):
    sentry_sdk.set_tag("program", os.environ["PROGRAM"])
    # The SDK takes what is called password out by itself, so that only the message tells it.
    sign_in(*credentials(environ), SECRETS["key"])


def main():
    form = urllib.parse.urlencode({"user": "jane", "password": SECRETS["password"], "card": SECRETS["card"], "page": "3"}).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/login",
        "QUERY_STRING": urllib.parse.urlencode({"theme": "dark", "reset_token": SECRETS["query"]}),
        "SERVER_NAME": "shop.example",
        "SERVER_PORT": "443",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(form)),
        "HTTP_HOST": "shop.example",
        "HTTP_AUTHORIZATION": f"Bearer {SECRETS['header']}",
        "HTTP_X_SHOP_SECRET": SECRETS["own_header"],
        "HTTP_COOKIE": f"sessionid={SECRETS['cookie']}; theme=dark",
        "REMOTE_ADDR": "203.0.113.7",
        "wsgi.input": io.BytesIO(form),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "https",
    }
    try:
        list(SentryWsgiMiddleware(application)(environ, lambda status, headers: None))
    except PermissionError:
        pass  # the SDK has seen it
    sentry_sdk.flush(10)


main()
