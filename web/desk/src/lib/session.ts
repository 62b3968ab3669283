import { defineStore } from 'pinia';
import { api, onExpired, setCsrf, ApiError } from './api.ts';
import type { Session, User } from '../../../shared/api/types.ts';

export type Acting = { mandate: string; agent: string; window: boolean };

const waiting: Array<(goesOn: boolean) => void> = []; // requests that were refused when the session ended

export const useSession = defineStore('session', {
  state: () => ({ user: null as User | null, acting: null as Acting | null, mustEnrol: false, demo: false, asked: false, expired: false }),
  actions: {
    /** The session ended under the page: true once the same person signed in again. */
    async renew(): Promise<boolean> {
      if (!this.user || this.acting) return false; // nobody acts for somebody without asking whom
      this.expired = true;
      return new Promise((done) => { waiting.push(done); });
    },
    giveUp() {
      this.expired = false;
      this.user = null;
      waiting.splice(0).forEach((done) => done(false));
    },
    take(session: Session) {
      this.user = session.user;
      this.acting = (session.acting as Acting | null | undefined) ?? null;
      this.mustEnrol = session.must_enrol ?? false;
      this.demo = session.demo ?? false;
      setCsrf(session.csrf);
    },
    async load() {
      this.asked = true;
      onExpired(() => this.renew());
      try {
        this.take(await api<Session>('/session'));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
      }
    },
    async signIn(username: string, password: string, code = '') {
      this.take(await api<Session>('/session', { body: { username, password, ...(code ? { code } : {}) } }));
      this.expired = false;
      waiting.splice(0).forEach((done) => done(true));
    },
    async signOut() {
      await api<void>('/session', { method: 'DELETE' });
      this.user = null;
      this.acting = null;
      setCsrf('');
    },
    /** At the window: acts for whom the clerk has before them; stop() makes the clerk themself again. */
    async assist(id: string, name: string, evidence: string) {
      this.take(await api<Session>('/session/assist', { body: { id, evidence, ...(name ? { name } : {}) } }));
    },
    async stop() {
      this.take(await api<Session>('/session/acting', { body: { mandate: null } }));
    },
    may(action: string): boolean {
      return this.user?.may?.some((one) => one === action || one === '*') ?? false;
    },
  },
});
