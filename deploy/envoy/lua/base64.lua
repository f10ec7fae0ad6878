-- Base64 (RFC 4648, with padding) over LuaJIT's byte buffers: a body of a megabyte takes milliseconds.

local ffi = require("ffi")
local bit = require("bit")

local band, bor, lshift, rshift = bit.band, bit.bor, bit.lshift, bit.rshift

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local PAD = ("="):byte()
local INVALID = 64

local symbols = ffi.new("uint8_t[64]")
ffi.copy(symbols, ALPHABET, 64)

local values = ffi.new("uint8_t[256]")
ffi.fill(values, 256, INVALID)
for value = 0, 63 do values[symbols[value]] = value end

local base64 = {}

-- The base64 text of any bytes.
function base64.encode(bytes)
  local size = #bytes
  local length = math.ceil(size / 3) * 4
  local source = ffi.new("uint8_t[?]", size + 2)
  local target = ffi.new("uint8_t[?]", length)
  ffi.copy(source, bytes, size)
  local out = 0
  for at = 0, size - 1, 3 do
    local group = bor(lshift(source[at], 16), lshift(source[at + 1], 8), source[at + 2])
    target[out] = symbols[rshift(group, 18)]
    target[out + 1] = symbols[band(rshift(group, 12), 63)]
    target[out + 2] = symbols[band(rshift(group, 6), 63)]
    target[out + 3] = symbols[band(group, 63)]
    out = out + 4
  end
  if size % 3 > 0 then target[length - 1] = PAD end
  if size % 3 == 1 then target[length - 2] = PAD end
  return ffi.string(target, length)
end

-- The bytes of a base64 text, or nil if it is not base64.
function base64.decode(text)
  if #text % 4 ~= 0 then return nil end
  local symbol_count = #text - #text:sub(-2):match("=*$")
  local source = ffi.cast("const uint8_t *", text)
  local target = ffi.new("uint8_t[?]", #text / 4 * 3)
  local group, out = 0, 0
  for at = 0, symbol_count - 1 do
    local value = values[source[at]]
    if value == INVALID then return nil end
    group = bor(lshift(band(group, 0x3FFFF), 6), value)
    if at % 4 > 0 then
      target[out] = band(rshift(group, 6 - 2 * (at % 4)), 0xFF)
      out = out + 1
    end
  end
  return ffi.string(target, out)
end

return base64
