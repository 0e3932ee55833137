import { database, model, primaryKey } from 'cortado/db';
import { z } from 'zod';
import { databaseUrl } from './settings.ts';

export class User extends model('users', { id: primaryKey(), name: z.string().max(100), age: z.int() }) {}

export const db = database({ url: databaseUrl, models: { User } });
