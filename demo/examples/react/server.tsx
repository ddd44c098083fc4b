// What stands in `<div id="app">` where a server renders the page.
import { StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { Todo } from './Todo.tsx';

export function render(): string {
  return renderToString(
    <StrictMode>
      <Todo />
    </StrictMode>,
  );
}
