-- End a close whose case is durably written: drop the session's state and leave a tombstone.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   owner         text  who closes
--   tombstone_ms  integer  how long a closed session is remembered, in ms
-- replies:
--   ok    closed, by this owner now or before, or by the sweeper since this caller was the last to begin
--   lost  another owner has taken the close over, or it has ended
-- atomic: only the owner drops the spans, all keys at once.
-- include: owns, entomb
local held = redis.call('HMGET', session, 'state', 'caller')
if held[1] == 'closed' and held[2] == owner then
  return { 'ok' }
end
if not owns(session, owner) then
  return { 'lost' }
end
entomb(session, tombstone_ms)
return { 'ok' }
