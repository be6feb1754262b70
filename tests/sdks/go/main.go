// Sends errors with the Go SDK, to the DSN in SENTRY_DSN and tagged with the name in PROGRAM.
//
// Without an argument: a wrapped error that is handled, a message, and a panic. With `steps`: what the lines on
// standard input ask for, each answered with `done` once the SDK has nothing left to send.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/getsentry/sentry-go"
)

var errEmpty = errors.New("no price for an empty order")

func price(count int) error {
	if count == 0 {
		return errEmpty
	}
	return nil
}

// Go's errors carry no stack: the SDK takes that of the place where the error is captured.
func checkout() {
	if err := price(0); err != nil {
		sentry.CaptureException(fmt.Errorf("cannot price the order: %w", err))
	}
}

func ship() {
	panic(errors.New("no address to ship to"))
}

func capture() {
	sentry.ConfigureScope(func(scope *sentry.Scope) {
		scope.SetUser(sentry.User{ID: "u-42"})
		scope.SetTag("program", os.Getenv("PROGRAM"))
		scope.SetContext("note", map[string]interface{}{"text": "paid with card 4111 1111 1111 1111"})
	})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{Category: "auth", Message: "user logged in", Level: sentry.LevelInfo})
	sentry.AddBreadcrumb(&sentry.Breadcrumb{Category: "cart", Message: "order opened", Level: sentry.LevelInfo})
	checkout()
	sentry.WithScope(func(scope *sentry.Scope) {
		scope.SetLevel(sentry.LevelWarning)
		sentry.CaptureMessage("stock is low")
	})
	defer sentry.Flush(10 * time.Second)
	defer sentry.Recover()
	ship()
}

func steps() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "error "); ok {
			sentry.CaptureException(errors.New(text))
		} else {
			sentry.StartTransaction(context.Background(), "checkout").Finish()
		}
		sentry.Flush(5 * time.Second)
		fmt.Println("done")
	}
}

func main() {
	err := sentry.Init(sentry.ClientOptions{Dsn: os.Getenv("SENTRY_DSN"), Release: "shop@1.2.3", Environment: "staging", EnableTracing: true, TracesSampleRate: 1})
	if err != nil {
		panic(err)
	}
	if len(os.Args) > 1 && os.Args[1] == "steps" {
		steps()
	} else {
		capture()
	}
}
