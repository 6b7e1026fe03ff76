import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { API_PORTS, ApiModule } from '../api.module.js';
import { TENANT_HEADER } from './tenant-header.js';

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
    // Not addBearerAuth: that calls every key a JWT.
    .addSecurity('key', {
      type: 'http',
      scheme: 'bearer',
      description: `An API key. An admin's acts for the tenant in ${TENANT_HEADER}.`,
    })
    .build();
  return withSharedParameter(SwaggerModule.createDocument(app, frame), TENANT_HEADER);
}

/** The document with the parameter of this name written once, and named where it is taken. */
function withSharedParameter(document: OpenAPIObject, name: string): OpenAPIObject {
  const key = name.replaceAll('-', '');
  const shared: Record<string, ParameterObject> = {};
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path) as OperationObject[]);
  for (const operation of operations) {
    operation.parameters = (operation.parameters ?? []).map((parameter) => {
      if ('$ref' in parameter || parameter.name !== name) return parameter;
      shared[key] = parameter;
      return { $ref: `#/components/parameters/${key}` };
    });
  }
  return { ...document, components: { ...document.components, parameters: shared } };
}

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;
type ParameterObject = Exclude<NonNullable<OperationObject['parameters']>[number], { $ref: string }>;

/** A preview looks at what each class asks for and makes none of it. */
const unboundPorts: DynamicModule = {
  module: class UnboundPorts {},
  providers: API_PORTS.map((port) => ({ provide: port, useFactory: () => undefined })),
  exports: [...API_PORTS],
};
