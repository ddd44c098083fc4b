// Vite needs no configuration for sqlite-elements. This is the policy that a server of the built application should
// send: `vite preview` sends it, so a page that breaks it is noticed here.
import { defineConfig } from 'vite';

const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
];

export default defineConfig({
  preview: { headers: { 'Content-Security-Policy': policy.join('; ') } },
});
