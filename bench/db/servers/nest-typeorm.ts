import 'reflect-metadata';
import {
  Body,
  Controller,
  Get,
  Module,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  UnprocessableEntityException,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DataSource, EntitySchema } from 'typeorm';
import { listed, seeds, type User } from '../application.ts';

const url = process.env['DATABASE_URL']!;
const UserEntity = new EntitySchema<User>({
  name: 'users',
  columns: {
    id: { type: Number, primary: true, generated: true },
    name: { type: String, length: 100 },
    age: { type: Number },
  },
});
const common = { entities: [UserEntity], synchronize: true };
const source = new DataSource(
  url.startsWith('postgres')
    ? { type: 'postgres', url, poolSize: 10, ...common }
    : {
        type: 'better-sqlite3',
        database: url.slice('sqlite:'.length),
        enableWAL: true,
        prepareDatabase: (sqlite: { pragma(text: string): void }) => sqlite.pragma('synchronous = normal'),
        ...common,
      },
);
await source.initialize();
const users = source.getRepository(UserEntity);
await users.save(seeds());

// What a decorator would do, as Node runs TypeScript without them.
class UsersController {
  async find(id: number): Promise<User> {
    const user = await users.findOneBy({ id });
    if (user === null) throw new NotFoundException('User not found');
    return user;
  }

  list(): Promise<User[]> {
    return users.find({ order: { id: 'ASC' }, take: listed });
  }

  add({ name, age }: Omit<User, 'id'>): Promise<User> {
    if (typeof name !== 'string' || name.length > 100 || !Number.isInteger(age))
      throw new UnprocessableEntityException();
    return users.save({ name, age });
  }
}

const { prototype } = UsersController;
function route(decorate: MethodDecorator, name: keyof UsersController): void {
  decorate(prototype, name, Object.getOwnPropertyDescriptor(prototype, name)!);
}
Controller('users')(UsersController);
route(Get(':id'), 'find');
Param('id', ParseIntPipe)(prototype, 'find', 0);
route(Get(), 'list');
route(Post(), 'add');
Body()(prototype, 'add', 0);
class AppModule {}
Module({ controllers: [UsersController] })(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
await app.listen(Number(process.env['PORT']));
