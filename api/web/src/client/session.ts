// Who is signed in. The session itself is a cookie that no script can read.
import { signal } from "@preact/signals";
import { post, remove } from "./request";
import type { Session } from "./schema";

/** Counted up at each signing in: whatever was refused is asked again. */
export const signedIn = signal(0);

/** Whether the API said that nobody is. */
export const signedOut = signal(false);

export async function signIn(token: string): Promise<Session> {
  const session = await post("/api/v1/session", {}, { token });
  signedOut.value = false;
  signedIn.value += 1;
  return session;
}

export async function signOut(): Promise<void> {
  await remove("/api/v1/session", {});
  signedOut.value = true;
}

/** The token in the fragment of a sign-in link. */
export function tokenOf(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token")?.trim() ?? "";
}
