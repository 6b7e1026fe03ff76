// Rules for documents: one title, links that lead somewhere, paths that exist, and decisions that are listed.
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { root } from './workspace.mjs';

const DECISION = /^docs\/adr\/\d{4}-[a-z0-9-]+\.md$/;
const DECISION_PARTS = ['Context', 'Decision', 'Consequences', 'What would change our mind'];
const OUR_FOLDERS = /^(apps|libs|examples|tools|docs|docker|openapi|bench)\//;

/** Each: from all text files to the problems found. */
export const DOCUMENT_CHECKS = {
  'one-title': onDocuments(({ file, text }) => {
    const titles = proseLines(text).filter(({ content }) => /^# \S/.test(content));
    return titles.length === 1 ? [] : [{ file, says: `It has ${titles.length} first-level headings; it needs one.` }];
  }),
  'dead-link': (files) => {
    const headings = new Map(files.filter(isDocument).map(({ file, text }) => [file, anchorsOf(text)]));
    return onDocuments((document) => deadLinks(document, headings))(files);
  },
  'dead-path': onDocuments(({ file, text }) =>
    DECISION.test(file) || file === 'CHANGELOG.md'
      ? []
      : proseLines(text).flatMap(({ content, line }) =>
          [...content.matchAll(/`([^`\s]+)`/g)]
            .map(([, path]) => path.replace(/[:#].*$/, ''))
            .filter((path) => OUR_FOLDERS.test(path) && !/[*{}<>…$]/.test(path) && !existsSync(join(root, path)))
            .map((path) => ({ file, line, says: `${path} does not exist.` })),
        ),
  ),
  'sample-drift': (files) => {
    const texts = new Map(files.map(({ file, text }) => [file, text]));
    return onDocuments((document) => driftedSamples(document, texts))(files);
  },
  'decision-not-listed': (files) => {
    const index = files.find(({ file }) => file === 'docs/adr/README.md')?.text ?? '';
    return files
      .filter(({ file }) => DECISION.test(file) && !index.includes(`(${file.slice('docs/adr/'.length)})`))
      .map(({ file }) => ({ file, says: 'List it in docs/adr/README.md.' }));
  },
  'decision-incomplete': (files) =>
    files
      .filter(({ file }) => DECISION.test(file))
      .flatMap(({ file, text }) =>
        DECISION_PARTS.filter((part) => !text.includes(`\n## ${part}\n`)).map((part) => ({
          file,
          says: `It has no part "${part}".`,
        })),
      ),
};

const isDocument = ({ file }) => file.endsWith('.md');

function onDocuments(check) {
  return (files) => files.filter(isDocument).flatMap(check);
}

/** The lines outside code fences, numbered from 1. */
function proseLines(text) {
  let fenced = false;
  return text.split('\n').flatMap((content, index) => {
    if (/^\s*(```|~~~)/.test(content)) {
      fenced = !fenced;
      return [];
    }
    return fenced ? [] : [{ content, line: index + 1 }];
  });
}

function deadLinks({ file, text }, headings) {
  return proseLines(text).flatMap(({ content, line }) =>
    [...content.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .flatMap((target) => {
        const [path, anchor] = target.split('#');
        const to = path === '' ? file : normalize(join(dirname(file), path));
        if (!existsSync(join(root, to))) return [{ file, line, says: `The link ${target} leads nowhere.` }];
        const known = headings.get(to);
        if (anchor === undefined || known === undefined || known.has(anchor)) return [];
        return [{ file, line, says: `${to} has no heading #${anchor}.` }];
      }),
  );
}

/** A sample below `<!-- from: path -->` stands in that file, word for word; a line `// …` stands for what is left out. */
function driftedSamples({ file, text }, texts) {
  return [...text.matchAll(/<!-- from: (\S+) -->\n+```\w*\n([\s\S]*?)\n```/g)].flatMap(([, path, sample]) => {
    const original = texts.get(path);
    if (original === undefined) return [{ file, says: `The sample's file ${path} does not exist.` }];
    return sample
      .split(/\n\s*\/\/ …\n/)
      .filter((part) => !original.includes(part.trim()))
      .map((part) => ({
        file,
        says: `${path} does not hold this part of the sample: ${part.trim().split('\n')[0]} …`,
      }));
  });
}

/** The anchors that a heading gets on the usual forges: lower case, no punctuation, dashes for spaces. */
function anchorsOf(text) {
  return new Set(
    proseLines(text)
      .filter(({ content }) => /^#{1,6} /.test(content))
      .map(({ content }) =>
        content
          .replace(/^#+ /, '')
          .toLowerCase()
          .replace(/[^\p{L}\p{N} _-]/gu, '')
          .replaceAll(' ', '-'),
      ),
  );
}
