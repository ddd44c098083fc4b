import 'sqlite-elements';
import { mount } from 'svelte';
import Kinds from './Kinds.svelte';

mount(Kinds, { target: document.getElementById('app') });
