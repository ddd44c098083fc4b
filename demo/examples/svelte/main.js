import { hydrate, mount } from 'svelte';
import Todo from './Todo.svelte';

const target = document.getElementById('app');
if (target.hasChildNodes()) hydrate(Todo, { target });
else mount(Todo, { target });
