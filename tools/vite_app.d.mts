// The types of vite_app.mjs, for its test, which is TypeScript.
export function prepareApp(): string[];
export function buildApp(): void;
export function serveApp(mode: 'preview' | 'dev'): Promise<{ url: string; close(): Promise<void> }>;
