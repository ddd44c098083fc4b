// The types of examples.mjs, for its test, which is TypeScript.
export function prepareExamples(): void;
export function buildExample(name: string, mode?: 'production' | 'development'): string;
export function renderExample(name: string, mode?: 'production' | 'development'): Promise<string>;
