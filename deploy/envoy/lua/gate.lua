-- For a proxy whose routes are not ours (Istio's): goes before the gate and the filter. Says which requests the gate has
-- to hold, those of a session whose body has no known length, and keeps what the filters tell each other to ourselves.

local BODY_GATE_HEADER = "x-softprobe-body"
local UNANSWERED_HEADER = "x-softprobe-unanswered"

local function has_session(headers)
  if headers:get("x-softprobe-session-id") then return true end
  return (headers:get("tracestate") or ""):find("softprobe=", 1, true) ~= nil
end

local function has_no_length(headers)
  local content_type = headers:get("content-type") or ""
  return not headers:get("content-length") and not content_type:find("^application/grpc")
end

function envoy_on_request(handle)
  local headers = handle:headers()
  headers:remove(BODY_GATE_HEADER)
  if has_session(headers) and has_no_length(headers) then
    handle:streamInfo():dynamicMetadata():set("softprobe.gate", "wanted", true)
  end
end

function envoy_on_response(handle) handle:headers():remove(UNANSWERED_HEADER) end
