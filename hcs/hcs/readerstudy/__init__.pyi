from hcs.readerstudy.collecting import collect_answers as collect_answers
from hcs.readerstudy.key import Key as Key
from hcs.readerstudy.pack import Pack as Pack
from hcs.readerstudy.packing import NewPack as NewPack
from hcs.readerstudy.packing import new_pack as new_pack
from hcs.readerstudy.responses import Responses as Responses
from hcs.readerstudy.spec import PackSpec as PackSpec
