import 'sqlite-elements';
import { createApp } from 'vue';
import Kinds from './Kinds.vue';

createApp(Kinds).mount('#app');
