-- Begin to close a session: a capture session goes from open to closing under a lease, another is closed.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   owner         text  who closes, unique for each attempt
--   lease_ms      integer  after this long without renewal anyone may take the close over, in ms
--   tombstone_ms  integer  how long a closed session is remembered, in ms
--   lapsed        flag  1: only a session that has lapsed, or whose close was abandoned
-- replies:
--   flush    time of creation in ms, project: the caller is to write what is buffered and commit
--   done     closed, nothing to write
--   closing  another owner is at it
--   closed   it was closed before
--   live     ms until it lapses: nothing to sweep yet; or until another version may have swept it
--   gone     no such session
-- atomic: exactly one caller gets flush or done.
-- include: refusal, now_ms, abandoned, entomb
local held = redis.call('HMGET', session, 'state', 'mode', 'createdAt', 'grace', 'schema', 'project')
if not held[1] then
  return { 'gone' }
end
if lapsed == '1' and held[5] ~= '1' then
  return { 'live', tonumber(lease_ms) }
end
local refused = lapsed == '0' and refusal(session)
if held[1] == 'closed' then
  return { 'closed' }
end
local left = redis.call('PTTL', session) - tonumber(held[4])
if held[1] == 'closing' and not abandoned(session) then
  return { 'closing' }
end
if held[1] == 'open' and lapsed == '1' and left > 0 then
  return { 'live', left }
end
if refused == 'gone' then
  return { 'gone' }
end
if held[2] ~= 'capture' then
  entomb(session, tombstone_ms)
  return { 'done' }
end
local lease = now_ms() + tonumber(lease_ms)
-- Taking away comes first: a store that is full refuses a first write that may grow, but none after it.
redis.call('HDEL', session, 'owner', 'leaseUntil')
redis.call('HSET', session, 'state', 'closing', 'owner', owner, 'leaseUntil', string.format('%.0f', lease))
if lapsed == '0' then
  redis.call('HSET', session, 'caller', owner)
end
return { 'flush', held[3], held[6] or '' }
