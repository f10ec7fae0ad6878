-- Take a key's record away, and with it the key's rights.
-- keys:
--   key  hash  the key's record
-- args:
--   key_id  text  the key's id
-- replies:
--   ok    revoked
--   gone  there is no such key
-- atomic: of several callers one revokes.
if redis.call('HGET', key, 'id') ~= key_id then
  return { 'gone' }
end
redis.call('UNLINK', key)
return { 'ok' }
