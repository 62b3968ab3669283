import { createApp } from 'vue';
import { createPinia } from 'pinia';
import App from './App.vue';
import { stack } from './lib/stack.ts';
import { router } from './router.ts';
import './tokens.css';
import './desk.css';

createApp(App).use(createPinia()).use(router).directive('stack', stack).mount('#app');
