// What stands in `<div id="app">` where a server renders the page.
import { render as renderPage } from 'svelte/server';
import Todo from './Todo.svelte';

export const render = () => renderPage(Todo).body;
