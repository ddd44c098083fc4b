// The types of examples.mjs, for its test, which is TypeScript.
export function prepareExamples(): void;
export function buildExample(name: string): string;
