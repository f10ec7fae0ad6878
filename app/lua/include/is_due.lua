-- Whether a session is to be renewed: the last time is more than a hundredth of its life ago
-- (http-control-api.md). left: how much of that life is left, in ms.
local function is_due(left, ttl_ms)
  return left < tonumber(ttl_ms) * 0.99
end
