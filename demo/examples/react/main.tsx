import { StrictMode } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { Todo } from './Todo.tsx';

const app = document.getElementById('app')!;
const page = (
  <StrictMode>
    <Todo />
  </StrictMode>
);
if (app.hasChildNodes()) hydrateRoot(app, page);
else createRoot(app).render(page);
