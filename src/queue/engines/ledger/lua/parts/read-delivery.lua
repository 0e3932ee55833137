--- read_delivery(): id and name of one that a broker delivered.
local function read_delivery() return arg(), arg() end
