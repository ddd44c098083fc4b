import vue from '@vitejs/plugin-vue';

const isCustomElement = (tag) => tag.startsWith('sqlite-');

export default { plugins: [vue({ template: { compilerOptions: { isCustomElement } } })] };
