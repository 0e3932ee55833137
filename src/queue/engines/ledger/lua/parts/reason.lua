--- reason(code, message): an error as it is stored.
local function reason(code, message)
  return cjson.encode({ name = 'CortadoError', code = code, message = message })
end
