--- unpack_raw(packed): what kombu keeps of a delivery → message, exchange, routing key.
local function unpack_raw(packed)
  return string.match(packed, '^%[(.*),%s*"([^"]*)",%s*"([^"]*)"%]$')
end
