// One build an entry: `vite build --mode desk` and `--mode enhance`. A single multi-entry build would splinter the chunks.
import { defineConfig } from 'vite';
import vue from '@vitejs/plugin-vue';
import Components from 'unplugin-vue-components/vite';
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers';

export default defineConfig(({ mode }) => {
  if (mode === 'enhance')
    return {
      root: 'portal',
      base: '/assets/portal/',
      build: {
        outDir: '../dist/portal', emptyOutDir: true, manifest: 'manifest.json', target: 'es2020', modulePreload: false,
        rollupOptions: { input: { enhance: 'portal/enhance/enhance.ts', style: 'portal/css/portal.css' } },
      },
    };
  return {
    root: 'desk',
    base: '/assets/desk/',
    plugins: [
      vue(),
      Components({ dts: false, include: [/\.vue$/, /\.vue\?vue/], resolvers: [ElementPlusResolver({ importStyle: 'css' })] }),
    ],
    build: {
      outDir: '../dist/desk', emptyOutDir: true, manifest: 'manifest.json', target: 'es2022', chunkSizeWarningLimit: 1500,
      rollupOptions: {
        output: { codeSplitting: { groups: [
          { name: 'ep', test: /node_modules\/(element-plus|@element-plus|@popperjs|@floating-ui|async-validator|lodash)/ },
          { name: 'base', test: /desk\/src\/(lib\/|ui\/(Problem|Listing|DeadlineTag|StateTag|ModalForm|TabBar)\.)/ },
          { name: 'vendor', test: /node_modules\/(vue|@vue|vue-router|pinia)/ },
        ] } },
      },
    },
  };
});
