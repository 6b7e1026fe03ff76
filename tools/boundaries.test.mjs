import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LAYERS, layerOf, mayImport } from './boundaries.mjs';
import { projects } from './workspace.mjs';

const project = (name, ...tags) => ({ name, tags });

describe('the table of boundaries', () => {
  it('knows the tag of every project', () => {
    for (const one of projects()) assert.ok(layerOf(one) in LAYERS);
  });

  it('refuses a project without a tag, with an unknown one, and with two', () => {
    assert.throws(() => layerOf(project('@tidemark/new')), /needs exactly one of/);
    assert.throws(() => layerOf(project('@tidemark/new', 'layer:cellar')), /needs exactly one of/);
    assert.throws(() => layerOf(project('@tidemark/new', 'layer:core', 'layer:app')), /needs exactly one of/);
  });

  it('names layers that exist', () => {
    const named = Object.values(LAYERS).flatMap(({ mayUse }) => (mayUse === 'anything' ? [] : mayUse));
    for (const tag of named) assert.ok(tag in LAYERS, tag);
  });

  it('keeps an adapter from another adapter and an app from another app', () => {
    assert.equal(mayImport(project('a', 'layer:adapter'), project('b', 'layer:adapter')), false);
    assert.equal(mayImport(project('a', 'layer:app'), project('b', 'layer:app')), false);
    assert.equal(mayImport(project('a', 'layer:app'), project('b', 'layer:adapter')), true);
  });

  it('lets an exception reach one project and no other', () => {
    const local = project('@tidemark/local', 'layer:app');
    const other = project('@tidemark/other', 'layer:app');
    const client = project('@tidemark/sdk', 'layer:client');
    assert.equal(mayImport(local, client), true);
    assert.equal(mayImport(other, client), false);
  });
});
