import { createRouter, createWebHistory } from 'vue-router';
import { home, isClosed } from './lib/home.ts';
import { useSession } from './lib/session.ts';
import Worklist from './pages/Worklist.vue';
import SignIn from './pages/SignIn.vue';

export const router = createRouter({
  history: createWebHistory('/desk/'),
  routes: [
    { path: '/', component: () => import('./pages/NoPage.vue') }, // beforeEach goes on from here
    { path: '/sign-in', component: SignIn, meta: { open: true, title: 'signIn' } },
    { path: '/tasks', component: Worklist, meta: { title: 'worklist' } },
    { path: '/cases', component: () => import('./pages/Cases.vue'), meta: { title: 'cases' } },
    { path: '/cases/:no', component: () => import('./pages/CasePage.vue'), props: true, meta: { title: 'case' } },
    { path: '/bulk', component: () => import('./pages/BulkList.vue'), meta: { title: 'bulk' } },
    { path: '/bulk/:id', component: () => import('./pages/BulkPage.vue'), props: true, meta: { title: 'bulk' } },
    { path: '/certificates', component: () => import('./pages/Certificates.vue'), meta: { title: 'certificates' } },
    { path: '/certificates/:no', component: () => import('./pages/CertificatePage.vue'), props: true, meta: { title: 'certificate' } },
    { path: '/certificate-kinds', component: () => import('./pages/CertificateKinds.vue'), meta: { title: 'certificateKinds' } },
    { path: '/models', component: () => import('./pages/Models.vue'), meta: { title: 'models' } },
    { path: '/models/:id/:tab', component: () => import('./pages/ModelPage.vue'), props: true, meta: { title: 'model' } },
    { path: '/items', component: () => import('./pages/Items.vue'), meta: { title: 'items' } },
    { path: '/items/:id/:tab', component: () => import('./pages/ItemPage.vue'), props: true, meta: { title: 'items' } },
    { path: '/operations/heat/:process', component: () => import('./pages/HeatPage.vue'), props: true, meta: { title: 'heat' } },
    { path: '/operations', component: () => import('./pages/Operations.vue'), meta: { title: 'operations' } },
    { path: '/cockpit/bulletins/:id', component: () => import('./cockpit/BulletinPage.vue'), props: true, meta: { title: 'bulletin' } },
    { path: '/cockpit/:tab?', component: () => import('./pages/Cockpit.vue'), props: true, meta: { title: 'cockpit' } },
    { path: '/window', component: () => import('./window/WindowPage.vue'), meta: { title: 'window' } },
    { path: '/handovers', component: () => import('./delivery/Handovers.vue'), meta: { title: 'handovers' } },
    { path: '/remedies', component: () => import('./remedies/Remedies.vue'), meta: { title: 'remedies' } },
    { path: '/mine/:tab?', component: () => import('./mine/MinePage.vue'), props: true, meta: { title: 'mine' } },
    { path: '/subjects', component: () => import('./subjects/SubjectSearch.vue'), meta: { title: 'subjects' } },
    { path: '/subjects/:id', component: () => import('./subjects/SubjectPage.vue'), props: true, meta: { title: 'subject' } },
    { path: '/audit', component: () => import('./audit/AuditPage.vue'), meta: { title: 'audit' } },
    { path: '/admin/:tab?', component: () => import('./admin/AdminPage.vue'), props: true, meta: { title: 'admin' } },
    { path: '/new-password', component: () => import('./admin/NewPassword.vue'), meta: { open: true, title: 'newPassword' } },
    { path: '/nothing', component: () => import('./pages/NoPage.vue'), meta: { title: 'worklist' } },
    { path: '/:rest(.*)*', component: () => import('./pages/NotFound.vue'), meta: { title: 'notFound' } },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

router.beforeEach(async (to) => {
  const session = useSession();
  if (!session.asked) await session.load();
  if (!to.meta.open && !session.user) return { path: '/sign-in', query: { next: to.fullPath } };
  if (session.mustEnrol && !to.meta.open && to.path !== '/mine/factor') return '/mine/factor';
  if (session.acting && !to.meta.open && to.path !== '/window') return '/window'; // one person at a time
  if (to.path === '/') return home(); // asked again: before the session was read nobody could tell
  if (['/tasks', '/cases', '/certificates', '/subjects', '/audit'].includes(to.path) && isClosed(to.path)) return home();
  return true;
});
