// The projects that the session sees, for names where the API has numbers.
import { signal } from "@preact/signals";
import type { Project } from "../client/schema";

export const known = signal<Project[]>([]);

export function slug(id: number): string {
  return known.value.find((project) => project.id === id)?.slug ?? String(id);
}
