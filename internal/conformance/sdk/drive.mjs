// Box's own client works against the server at the address that is the first
// argument, with the app's settings as Box's console gives them in the file that
// is the second, and what it makes of each answer goes to stdout: in its own types,
// without times, which change. The Go test beside this directory compares all of
// it with a file.

import {BoxCcgAuth, BoxClient, BoxDeveloperTokenAuth, BoxJwtAuth, CcgConfig, JwtConfig} from 'box-node-sdk';
import {dateTimeFromString} from 'box-node-sdk/internal';
import {BaseUrls, BoxRetryStrategy, NetworkSession} from 'box-node-sdk/networking';

const [base, settings] = process.argv.slice(2);
const networkSession = new NetworkSession({
  baseUrls: new BaseUrls({baseUrl: base, uploadUrl: base, oauth2Url: base + '/authorize'}),
  retryStrategy: new BoxRetryStrategy({retryBaseInterval: 0.001}),
});
const connect = auth => new BoxClient({auth, networkSession});

// show prints a step and what the client returned or threw.
async function show(step, call) {
  let got;
  try {
    got = await call();
  } catch (error) {
    if (!error.responseInfo) throw error;
    const {statusCode, code, contextInfo, body} = error.responseInfo;
    got = {failed: error.message.replace(/; Request ID: .*/, ''), statusCode, code, contextInfo, error: body?.error};
  }
  console.log(`== ${step}\n${JSON.stringify(got ?? null, shown, 1)}`);
  return got;
}

// shown leaves out the answers as they came, which the client keeps in rawData.
function shown(key, value) {
  if (key === 'rawData') return undefined;
  if (this[key] instanceof Date) return 'a time';
  if (key === 'eventId') return 'an id';
  if (key === 'nextStreamPosition') return `a ${typeof value}`;
  return value;
}

const ccg = fields => new BoxCcgAuth({
  config: new CcgConfig({clientId: 'emulator', clientSecret: 'emulator-secret', ...fields}),
});
const box = connect(ccg({enterpriseId: '900001'}));

async function authorisation() {
  await show('me, by client credentials of the enterprise', () => box.users.getUserMe({fields: ['name', 'login', 'enterprise']}));
  await show('me, by client credentials of a user', () => connect(ccg({userId: '20001'})).users.getUserMe());
  await show('me, by a developer token', () => connect(new BoxDeveloperTokenAuth({token: 'emulator-token'})).users.getUserMe({fields: ['login']}));
  await show('me, as a user', () => box.withAsUserHeader('20001').users.getUserMe({fields: ['login']}));
  const jwt = new BoxJwtAuth({config: JwtConfig.fromConfigFile(settings)});
  await show('me, by an assertion for the enterprise', () => connect(jwt).users.getUserMe({fields: ['login']}));
  await show('me, by an assertion for a user', () => connect(jwt.withUserSubject('20001')).users.getUserMe({fields: ['login']}));
  await show('an assertion for nobody', () => connect(jwt.withUserSubject('1')).users.getUserMe());
  await show('a wrong secret', () => connect(ccg({clientSecret: 'wrong', enterpriseId: '900001'})).users.getUserMe());
  await show('another enterprise', () => connect(ccg({enterpriseId: '1'})).users.getUserMe());
  await show('a token that is refused once', () => box.users.getUserById('20002', {queryParams: {fields: ['login']}}));
  await show('a service that is down once', () => box.users.getUserById('20003', {queryParams: {fields: ['login']}}));
}

async function users() {
  await show('users by offset', () => box.users.getUsers({limit: 2, offset: 1, fields: ['name', 'login', 'role', 'status']}));
  const first = await show('users by marker', () => box.users.getUsers({usemarker: true, limit: 2, fields: ['login']}));
  await show('users by marker, the next page', () => box.users.getUsers({usemarker: true, limit: 2, marker: first.nextMarker, fields: ['login']}));
  await show('users by the beginning of a login', () => box.users.getUsers({filterTerm: 'zoe+', userType: 'managed', fields: ['login']}));
  await show('an external user', () => box.users.getUsers({filterTerm: 'out@other.example', userType: 'external'}));
  await show('a user', () => box.users.getUserById('20001'));
  await show('no such user', () => box.users.getUserById('1'));
  await show('email aliases of a user', () => box.emailAliases.getUserEmailAliases('20001'));
}

async function accounts() {
  const fields = ['name', 'login', 'role', 'status', 'is_platform_access_only'];
  const dora = await show('a new user', () => box.users.createUser({name: 'Dora', login: 'dora@acme.example'}, {queryParams: {fields}}));
  await show('a login that is taken', () => box.users.createUser({name: 'Dora', login: 'dora@acme.example'}));
  const app = await show('a new app user', () => box.users.createUser({name: 'App', isPlatformAccessOnly: true}, {queryParams: {fields}}));
  await show('another login and status', () => box.users.updateUserById(dora.id, {
    requestBody: {login: 'dora.d@acme.example', status: 'inactive', role: 'coadmin'}, queryParams: {fields},
  }));
  await show('the old login is an alias', () => box.emailAliases.getUserEmailAliases(dora.id));
  await show('the user is deleted', () => box.users.deleteUserById(dora.id, {queryParams: {force: true, notify: false}}));
  await show('and gone', () => box.users.getUserById(dora.id));
  await show('so is the app user', () => box.users.deleteUserById(app.id));
}

async function groups() {
  const fields = ['name', 'group_type', 'provenance', 'external_sync_identifier', 'description', 'invitability_level', 'member_viewability_level'];
  await show('groups', () => box.groups.getGroups());
  await show('groups with fields, the second page', () => box.groups.getGroups({fields, limit: 1, offset: 1}));
  await show('groups by the beginning of a name', () => box.groups.getGroups({filterTerm: 'fin'}));
  const board = await show('a new group', () => box.groups.createGroup({
    name: 'Board', provenance: 'rollcall', externalSyncIdentifier: 'rollcall:board', description: 'who decides',
    invitabilityLevel: 'admins_only', memberViewabilityLevel: 'admins_and_members',
  }, {queryParams: {fields}}));
  await show('collaborations of a group', () => box.listCollaborations.getGroupCollaborations('10001', {queryParams: {limit: 1}}));
  await show('a name that is taken', () => box.groups.createGroup({name: 'Board'}));
  await show('a group', () => box.groups.getGroupById(board.id));
  await show('another name and description', () => box.groups.updateGroupById(board.id, {
    requestBody: {name: 'Board (new)', description: ''}, queryParams: {fields},
  }));
  await show('a name that is taken by another', () => box.groups.updateGroupById(board.id, {requestBody: {name: 'Finance'}}));
  await show('the group is deleted', () => box.groups.deleteGroupById(board.id));
  await show('and gone', () => box.groups.getGroupById(board.id));
  await show('and cannot be deleted again', () => box.groups.deleteGroupById(board.id));
}

async function memberships() {
  const permissions = membership => membership.rawData.configurable_permissions;
  await show('memberships of a group', () => box.memberships.getGroupMemberships('10001'));
  await show('memberships of a group, the second page', () => box.memberships.getGroupMemberships('10001', {queryParams: {limit: 1, offset: 1}}));
  await show('memberships of a user', () => box.memberships.getUserMemberships('20002', {queryParams: {limit: 1}}));
  const added = await show('a new member', () => box.memberships.createGroupMembership({user: {id: '20003'}, group: {id: '10001'}}));
  await show('who is a member already', () => box.memberships.createGroupMembership({user: {id: '20003'}, group: {id: '10001'}}));
  await show('who may not be one', () => box.memberships.createGroupMembership({user: {id: '20001'}, group: {id: '10002'}}));
  await show('a group that is not there', () => box.memberships.createGroupMembership({user: {id: '20003'}, group: {id: '1'}}));
  const admin = await show('an admin with chosen permissions', () => box.memberships.updateGroupMembershipById(added.id, {
    requestBody: {role: 'admin', configurablePermissions: {can_run_reports: true, can_create_accounts: false}},
  }));
  await show('which are', () => permissions(admin));
  await show('an admin without any', async () => permissions(await box.memberships.updateGroupMembershipById(added.id, {
    requestBody: {configurablePermissions: null},
  })));
  await show('the membership', () => box.memberships.getGroupMembershipById(added.id, {queryParams: {fields: ['role', 'user']}}));
  await show('a member again', () => box.memberships.updateGroupMembershipById(added.id, {requestBody: {role: 'member'}}));
  await show('the membership ends', () => box.memberships.deleteGroupMembershipById(added.id));
  await show('and is gone', () => box.memberships.getGroupMembershipById(added.id));
  await show('and cannot be ended again', () => box.memberships.deleteGroupMembershipById(added.id));
  await show('an admin from the start', async () => permissions(await box.memberships.createGroupMembership({
    user: {id: '20003'}, group: {id: '10002'}, role: 'admin',
  })));
}

// events come last, to tell of all the rest.
async function events() {
  const log = query => box.events.getEvents({streamType: 'admin_logs', ...query});
  await show('a page of events', () => log({limit: 2}));
  await show('all of them', async () => (await log({limit: 500})).entries.map(e => `${e.eventType} ${told(e.source)} ${told(e.additionalDetails)}`));
  await show('some types', async () => (await log({eventType: ['GROUP_EDITED', 'GROUP_DELETION']})).entries.map(e => e.eventType));
  await show('none yet', () => log({createdBefore: dateTimeFromString('2001-01-01T00:00:00Z')}));
  await show('from now on', () => box.events.getEvents({streamType: 'admin_logs_streaming', streamPosition: 'now'}));
}

// told is the part of an event that names a user or a group.
const told = part => part ? part.login ?? part.group_name ?? part.rawData?.group_name ?? '?' : '-';

for (const part of [authorisation, users, accounts, groups, memberships, events]) await part();
