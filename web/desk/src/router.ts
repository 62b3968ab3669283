import { createRouter, createWebHistory } from 'vue-router';
import { useSession } from './lib/session.ts';
import Worklist from './pages/Worklist.vue';
import SignIn from './pages/SignIn.vue';

export const router = createRouter({
  history: createWebHistory('/desk/'),
  routes: [
    { path: '/', redirect: '/tasks' },
    { path: '/sign-in', component: SignIn, meta: { open: true, title: 'signIn' } },
    { path: '/tasks', component: Worklist, meta: { title: 'worklist' } },
    { path: '/cases', component: () => import('./pages/Cases.vue'), meta: { title: 'cases' } },
    { path: '/cases/:no', component: () => import('./pages/CasePage.vue'), props: true, meta: { title: 'case' } },
    { path: '/certificates', component: () => import('./pages/Certificates.vue'), meta: { title: 'certificates' } },
    { path: '/certificates/:no', component: () => import('./pages/CertificatePage.vue'), props: true, meta: { title: 'certificate' } },
    { path: '/certificate-kinds', component: () => import('./pages/CertificateKinds.vue'), meta: { title: 'certificateKinds' } },
    { path: '/models', component: () => import('./pages/Models.vue'), meta: { title: 'models' } },
    { path: '/models/:id/:tab', component: () => import('./pages/ModelPage.vue'), props: true, meta: { title: 'model' } },
    { path: '/operations/heat/:process', component: () => import('./pages/HeatPage.vue'), props: true, meta: { title: 'heat' } },
    { path: '/operations', component: () => import('./pages/Operations.vue'), meta: { title: 'operations' } },
    { path: '/cockpit/bulletins/:id', component: () => import('./cockpit/BulletinPage.vue'), props: true, meta: { title: 'bulletin' } },
    { path: '/cockpit/:tab?', component: () => import('./pages/Cockpit.vue'), props: true, meta: { title: 'cockpit' } },
    { path: '/:rest(.*)*', component: () => import('./pages/NotFound.vue'), meta: { title: 'notFound' } },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

router.beforeEach(async (to) => {
  const session = useSession();
  if (!session.asked) await session.load();
  if (!to.meta.open && !session.user) return { path: '/sign-in', query: { next: to.fullPath } };
  return true;
});
