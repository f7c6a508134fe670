// A NestJS server, in a process of its own: tap's loader resolves Nest's modules wrongly. It tells its parent its port, and what is saved.
import 'reflect-metadata'
import { Body, Controller, Get, HttpException, Module, Post, Put } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { graphPhoto, graphServerOptions } from 'fastify-graph-photo'
import { jwt } from '../../helpers/tokens.js'

class OwnController {
  own () { return { own: true } }
  named (body: object) { return body }
  failing () { throw new HttpException('Teapot.', 418) }
}

/** A decorator, applied by hand: the tests are compiled without them. */
function route (decorator: MethodDecorator, name: keyof OwnController): void {
  const descriptor = Object.getOwnPropertyDescriptor(OwnController.prototype, name)
  if (descriptor !== undefined) decorator(OwnController.prototype, name, descriptor)
}
Controller('own')(OwnController)
route(Get(), 'own')
route(Post(), 'named')
route(Put('failing'), 'failing')
Body()(OwnController.prototype, 'named', 0)

class AppModule {}
Module({ controllers: [OwnController] })(AppModule)

const rawBody = process.argv[2] === 'rawBody'
const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(graphServerOptions), { logger: false, rawBody })
await app.register(graphPhoto, {
  prefix: '/v1.0',
  jwt,
  savePhoto: ({ data }, { caller }) => { process.send?.({ data: data.toString('base64'), id: caller.id }) }
})
await app.listen(0, '127.0.0.1')
process.send?.({ url: await app.getUrl() })
