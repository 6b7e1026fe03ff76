import { KEY_ROLES, type ApiKey, type KeyRole } from '@tidemark/domain';
import { pageClass } from '../transport/paging.js';
import { Shown, shownType } from '../transport/shown.js';

export class ApiKeyAnswer {
  @Shown('Id of the key; its text is shown once, when it is made.', 'string')
  readonly id!: string;

  @Shown('Whether it is a key of a tenant or of an admin.', KEY_ROLES)
  readonly role!: KeyRole;

  @Shown('What the key is for.', 'string')
  readonly label!: string;

  @Shown('When it was made.', 'time')
  readonly createdAt!: string;

  @Shown('When it was revoked; null while it works.', 'time', { nullable: true })
  readonly revokedAt!: string | null;
}
shownType('ApiKey', ApiKeyAnswer);
export const ApiKeyPage = pageClass(ApiKeyAnswer, 'ApiKeyPage');

export const showApiKey = ({ id, role, label, createdAt, revokedAt }: ApiKey): ApiKeyAnswer => ({
  id,
  role,
  label,
  createdAt: createdAt.toISOString(),
  revokedAt: revokedAt?.toISOString() ?? null,
});

export class NewApiKeyAnswer {
  @Shown('Id of the key.', 'string')
  readonly id!: string;

  @Shown('The key itself. It is shown here and never again.', 'string')
  readonly key!: string;

  @Shown('What the key is for.', 'string')
  readonly label!: string;
}
shownType('NewApiKey', NewApiKeyAnswer);
