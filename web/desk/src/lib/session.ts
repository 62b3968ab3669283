import { defineStore } from 'pinia';
import { api, setCsrf, ApiError } from './api.ts';
import type { Session, User } from '../../../shared/api/types.ts';

export const useSession = defineStore('session', {
  state: () => ({ user: null as User | null, demo: false, asked: false }),
  actions: {
    take(session: Session) {
      this.user = session.user;
      this.demo = session.demo ?? false;
      setCsrf(session.csrf);
    },
    async load() {
      this.asked = true;
      try {
        this.take(await api<Session>('/session'));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
      }
    },
    async signIn(username: string, password: string) {
      this.take(await api<Session>('/session', { body: { username, password } }));
    },
    async signOut() {
      await api<void>('/session', { method: 'DELETE' });
      this.user = null;
      setCsrf('');
    },
    may(action: string): boolean {
      return this.user?.may?.some((one) => one === action || one === '*') ?? false;
    },
  },
});
