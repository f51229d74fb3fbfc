# AlphaHub, README of the service's example code: the program as printed there; only its
# indentation, which the page lost, is restored. Not ours: it judges `replay`, do not adapt it. The
# package that it imports is made in given/ of the calls that the README prints.
import asyncio
import alphahub
def on_signal(id:int,info:dict):
    """
    :param id is integer ID of the algorithm sending the signal
    :param info is a dictionary like this one taken from Minotaur-3:
    {
        "close":[
            {"price":216.08,"side":"buy","symbol":"VRTX","timestamp":"2021-04-26 T14:30:00"},
            {"price":87.1,"side":"sell","symbol":"MU","timestamp":"2021-04-26T14:30:00"},
            {"price":80.28,"side":"sell"," symbol":"BMRN","timestamp":"2021-04-26T14:30:00"}
        ],
        "open":[
            {"price":168.56,"side":"buy","symbol":"JBHT","timestamp":"2021-04-26T14:30:01"},
            {"price":414.6,"side":"buy","symbol":"ILMN","timestamp":"2021-04-26T14:30:01"},
            {"price":142.94,"side":"sell","symbol":"CDNS","timestamp":"2021-04-26T14:30:01"}
        ]
    }
    """
    print('SIGNAL',id,info)
email = 'my@email.com'
password = 'abc123'
algo_ids = [14,16,17,18]
conn = alphahub.Connection(email,password,algo_ids,on_signal)
asyncio.run(conn.run())
