import 'sqlite-elements';
import { createApp } from 'vue';
import Todo from './Todo.vue';

createApp(Todo).mount('#app');
