# Clears what an exporter notes of its machine: strip("net.onnx") takes the notes out of the file, its networks stay.
import onnx

NOTES = ("doc_string", "metadata_props")  # with paths, and with lines of source


def clear(message):
    for field, value in message.ListFields():
        if field.name in NOTES:
            message.ClearField(field.name)
        elif field.message_type:
            for part in [value] if hasattr(value, "DESCRIPTOR") else value:
                clear(part)


def strip(name):
    model = onnx.load(name, load_external_data=False)
    clear(model)
    onnx.save(model, name)
