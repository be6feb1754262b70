// Signing in: by the link that the first start prints, or with a token. The token is sent once and kept nowhere here.
import { useEffect, useState } from "preact/hooks";
import { Refusal } from "../../client/request";
import { signIn, tokenOf } from "../../client/session";
import { Bell } from "../../parts/icons";
import { go, path } from "../../router";

export function SignIn() {
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(() => tokenOf(location.hash) !== "");
  const enter = async (token: string) => {
    setBusy(true);
    setTrouble("");
    try {
      await signIn(token);
      if (path.value === "/sign-in") go("/", "replace");
    } catch (error) {
      setBusy(false);
      setTrouble(told(error));
    }
  };
  useEffect(() => {
    document.title = "Sign in · Belfry";
    const token = tokenOf(location.hash);
    if (token === "") return;
    // Out of the address bar and the history, whatever comes of it.
    go(location.pathname + location.search, "replace");
    void enter(token);
  }, []);
  return <main class="center">{busy ? <p class="soft waiting" role="status">Signing in…</p> : <Form trouble={trouble} enter={enter} />}</main>;
}

function told(error: unknown): string {
  if (!(error instanceof Refusal)) return String(error);
  if (error.status === 401) return "Nobody knows this token. It may be revoked, or cut short.";
  return error.retryAfter ? `${error.message} Try again in ${error.retryAfter} s.` : error.message;
}

function Form({ trouble, enter }: { trouble: string; enter: (token: string) => Promise<void> }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    void enter(String(data.get("token") ?? "").trim());
  };
  return (
    <div class="card">
      <h1 class="brand"><Bell />Belfry</h1>
      <p class="soft">
        Open the link that the first <code>belfry serve</code> printed, or paste a token. <code>belfry token create --role member</code> makes one.
      </p>
      <form onSubmit={submit}>
        <label>
          Token
          <input class="field code" type="password" name="token" required autocomplete="current-password" spellcheck={false} placeholder="belfry_…" aria-describedby="trouble" />
        </label>
        <p id="trouble" role="alert">{trouble}</p>
        <button type="submit" class="button main">Sign in</button>
      </form>
    </div>
  );
}
