// What ESLint looks for: mistakes in JavaScript and TypeScript, the rules of custom elements, and in pages what HTML and
// people who do not see or point need. Called by `npm test`, and by editors. The compiler finds names that are unknown or
// unused, and prettier looks after the look. Rules for JSX and Lit would find nothing to read here; what a page is like when
// it runs, the end-to-end tests ask axe.
import js from '@eslint/js';
import html from '@html-eslint/eslint-plugin';
import wc from 'eslint-plugin-wc';
import { createRequire } from 'node:module';

// It needs a TypeScript that can be called. package.json's "overrides" has npm put what it consists of beside that one.
const parser = createRequire(import.meta.resolve('./tools/typescript-6/package.json'))('@typescript-eslint/parser');

// Left out is what a mark in an attribute, `{{done}}`, or a row in a template would fail.
const rulesOfPages = [
  'no-abstract-roles',
  'no-accesskey-attrs',
  'no-aria-hidden-body',
  'no-aria-hidden-on-focusable',
  'no-duplicate-attrs',
  'no-duplicate-class',
  'no-duplicate-id',
  'no-duplicate-in-head',
  'no-empty-headings',
  'no-heading-inside-button',
  'no-ineffective-attrs',
  'no-invalid-entity',
  'no-invalid-role',
  'no-multiple-h1',
  'no-nested-interactive',
  'no-non-scalable-viewport',
  'no-obsolete-attrs',
  'no-obsolete-tags',
  'no-positive-tabindex',
  'no-redundant-role',
  'no-script-style-type',
  'no-skip-heading-levels',
  'no-target-blank',
  'require-details-summary',
  'require-doctype',
  'require-frame-title',
  'require-img-alt',
  'require-input-label',
  'require-lang',
  'require-meta-charset',
  'require-title',
];

export default [
  { ignores: ['dist/', 'target/', 'test-results/', 'playwright-report/', 'demo/vite-app/dist/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{js,mjs,ts,tsx}'],
    plugins: { wc },
    rules: {
      ...js.configs.recommended.rules,
      .../** @type {any} */ (wc.configs)['flat/best-practice'].rules,
      'wc/guard-define-call': 'error',
      'wc/no-method-prefixed-with-on': 'error',
      eqeqeq: 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'no-undef': 'off',
      'no-unused-vars': 'off',
      // Playwright tells by its pattern what a function wants.
      'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }],
    },
    // What the classes of elements/src/base.js extend.
    settings: { wc: { elementBaseClasses: ['Element'] } },
  },
  // TypeScript has overloads.
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: { parser },
    rules: { 'no-redeclare': 'off', 'no-dupe-class-members': 'off' },
  },
  {
    files: ['**/*.html'],
    plugins: { html },
    language: 'html/html',
    rules: Object.fromEntries(rulesOfPages.map((name) => [`html/${name}`, 'error'])),
  },
  { files: ['demo/**/*.html'], rules: { 'html/require-meta-viewport': 'error' } },
];
