import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { API_PORTS, ApiModule } from '../api.module.js';

/** The OpenAPI document of the routes as they are. Needs no database, store or sandbox: nothing is instantiated. */
export async function openApiDocument(): Promise<OpenAPIObject> {
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.over([unboundPorts]), new FastifyAdapter(), {
    preview: true,
    logger: ['error'],
    abortOnError: false,
  });
  const frame = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Tidemark')
    .setDescription('Streaming as a service: submit a job, watch it, stop it. Errors are RFC 9457 problems.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key.' }, 'key')
    .build();
  return SwaggerModule.createDocument(app, frame);
}

/** A preview looks at what each class asks for and makes none of it. */
const unboundPorts: DynamicModule = {
  module: class UnboundPorts {},
  providers: API_PORTS.map((port) => ({ provide: port, useFactory: () => undefined })),
  exports: [...API_PORTS],
};
