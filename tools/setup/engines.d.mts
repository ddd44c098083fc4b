// The types of engines.mjs, for the tests, which are TypeScript.
export interface Engines {
  firefox: string | undefined;
  webkitgtk: { driver: string; xvfb: string; miniBrowser: string } | undefined;
}
export function findEngines(): Engines;
export function enginesFound(): ('firefox' | 'webkitgtk')[];
export function setUpEngines(): void;
