-- Reopen a session whose case could not be written, with all its spans.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   owner  text  who tried to close
-- replies:
--   ok    open again
--   lost  another owner has taken the close over, or it has ended
-- atomic: only the owner reopens.
-- ack: memory
-- include: owns
if not owns(session, owner) then
  return { 'lost' }
end
-- Taking away comes first, for a store that is full.
redis.call('HDEL', session, 'owner', 'leaseUntil')
redis.call('HSET', session, 'state', 'open')
return { 'ok' }
