import 'zod/compile';
import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { findRows, takeOrder } from '../application.ts';
import { Order, Rows } from '../schemas.ts';

const app = Fastify().withTypeProvider<ZodTypeProvider>();
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(serializerCompiler);
app.post('/orders', { schema: { body: Order } }, async (request) => takeOrder(request.body));
app.get('/rows', { schema: { response: { 200: Rows } } }, async () => findRows());
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
