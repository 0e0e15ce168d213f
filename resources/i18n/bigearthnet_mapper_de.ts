<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
    <context>
        <name>BigEarthNetMapper</name>
        <message>
            <location filename="../../plugin/dock/adapt_box.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Adapt to this scene first</source>
            <translation>Zuerst an diese Szene anpassen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/adapt_box.py" />
            <source>Fine-tune the model on this very scene, without labels, before it maps it. A guard compares both on parts that nothing was learned from; where the adapted one is no better, the original makes the map. Needs PyTorch, and minutes to hours without a GPU.</source>
            <translation>Das Modell ohne Beschriftung an genau dieser Szene nachschulen, bevor es sie kartiert. Ein Wächter vergleicht beide auf Teilen, von denen nichts gelernt wurde; wo das angepasste nicht besser ist, macht das ursprüngliche die Karte. Braucht PyTorch und ohne GPU Minuten bis Stunden.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/adapt_box.py" />
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Method</source>
            <translation>Verfahren</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/adapt_box.py" />
            <source>How the model is taught by the scene; the guide to adaptation explains it</source>
            <translation>Wie die Szene das Modell belehrt; die Anleitung zur Anpassung erklärt es</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/adapt_box.py" />
            <source>each class for itself</source>
            <translation>jede Klasse für sich</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/adapt_box.py" />
            <source>one class a patch (Tong et al.)</source>
            <translation>eine Klasse je Ausschnitt (Tong u. a.)</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/adapt_box.py" />
            <source>statistics only (quick)</source>
            <translation>nur Statistik (schnell)</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/adapt_box.py" />
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/processing/adapt_model.py" />
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>Reference</source>
            <translation>Referenz</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/adapt_box.py" />
            <source>Land cover of the same place, where you have some: the guard then compares true scores, too</source>
            <translation>Landbedeckung desselben Ortes, wo Sie welche haben: der Wächter vergleicht dann auch wahre Güten</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/adapt_box.py" />
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/radar_section.py" />
            <source>none</source>
            <translation>keine</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/adapt_box.py" />
            <source>{layer}: the reference must be a file with this one layer, all of it.</source>
            <translation>{layer}: die Referenz muss eine Datei mit diesem einen Layer sein, ganz.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/adapt_box.py" />
            <source>Save it as a file of its own (layer menu, Export).</source>
            <translation>Speichern Sie ihn als eigene Datei (Layermenü, Export).</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <location filename="../../plugin/dock/panel_layout.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Area</source>
            <translation>Gebiet</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Map all of the scene, or only the cells that touch an area</source>
            <translation>Die ganze Szene kartieren oder nur die Zellen, die ein Gebiet berühren</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Whole scene</source>
            <translation>Ganze Szene</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>What the map shows now</source>
            <translation>Was die Karte gerade zeigt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Polygons of a layer</source>
            <translation>Polygone eines Layers</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Layer of the area</source>
            <translation>Layer des Gebiets</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>The polygons of this layer are the area, in whatever CRS they are</source>
            <translation>Die Polygone dieses Layers sind das Gebiet, gleich in welchem KBS</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Selected features only</source>
            <translation>Nur gewählte Objekte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Take only the polygons that are selected in that layer</source>
            <translation>Nur die Polygone nehmen, die in diesem Layer gewählt sind</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>No polygon layer is chosen as the area.</source>
            <translation>Kein Polygonlayer ist als Gebiet gewählt.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Load one, or map the whole scene.</source>
            <translation>Einen laden oder die ganze Szene kartieren.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>The map shows nothing yet.</source>
            <translation>Die Karte zeigt noch nichts.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Load a layer, or map the whole scene.</source>
            <translation>Laden Sie einen Layer, oder kartieren Sie die ganze Szene.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Layer {name} has no polygon that is selected.</source>
            <translation>Im Layer {name} ist kein Polygon gewählt.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Layer {name} has no polygon.</source>
            <translation>Der Layer {name} hat kein Polygon.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Select some, or choose another area.</source>
            <translation>Einige wählen oder ein anderes Gebiet nehmen.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Set it in its properties.</source>
            <translation>Es lässt sich in seinen Eigenschaften setzen.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Layer {name} has no CRS.</source>
            <translation>Der Layer {name} hat kein KBS.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>The area cannot be written: {why}</source>
            <translation>Das Gebiet lässt sich nicht schreiben: {why}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <location filename="../../plugin/dock/scene_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Bands</source>
            <translation>Bänder</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Which band of the scene the model reads as what; missing bands are red.</source>
            <translation>Welches Band der Szene das Modell als was liest; fehlende Bänder sind rot.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>Band</source>
            <translation>Band</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>Read from</source>
            <translation>Gelesen aus</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>Read {band} from</source>
            <translation>{band} lesen aus</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>Choose which band of the scene is {band}.</source>
            <translation>Wählen, welches Band der Szene {band} ist.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>missing: choose …</source>
            <translation>fehlt: wählen …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>found, {n} m</source>
            <translation>gefunden, {n} m</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>a constant stands for it</source>
            <translation>eine Konstante steht dafür</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>missing</source>
            <translation>fehlt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>missing: Sentinel-1</source>
            <translation>fehlt: Sentinel-1</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>blue</source>
            <translation>Blau</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>green</source>
            <translation>Grün</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>red</source>
            <translation>Rot</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>near infrared</source>
            <translation>nahes Infrarot</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>narrow near infrared</source>
            <translation>schmales nahes Infrarot</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>short-wave infrared 1</source>
            <translation>kurzwelliges Infrarot 1</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>short-wave infrared 2</source>
            <translation>kurzwelliges Infrarot 2</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>radar</source>
            <translation>Radar</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>radar, crossed</source>
            <translation>Radar, gekreuzt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <location filename="../../plugin/dock/panel_layout.py" />
            <source>Log</source>
            <translation>Protokoll</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>What the engine told, newest last</source>
            <translation>Was die Engine meldete, das Neueste zuletzt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>What a run tells appears here.</source>
            <translation>Hier erscheint, was ein Lauf meldet.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <location filename="../../plugin/dock/panel.py" />
            <location filename="../../plugin/engine/dialog.py" />
            <source>Copy report</source>
            <translation>Bericht kopieren</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>Copy versions, job and log to the clipboard, to send to somebody who can help</source>
            <translation>Versionen, Auftrag und Protokoll in die Zwischenablage kopieren, um sie jemandem zu schicken, der helfen kann</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>Clear</source>
            <translation>Leeren</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>Empty the log</source>
            <translation>Das Protokoll leeren</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>Rows {first} to {last} are mapped</source>
            <translation>Die Zeilen {first} bis {last} sind kartiert</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>Note: {message}</source>
            <translation>Hinweis: {message}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>Done in {n:.1f} s</source>
            <translation>Fertig in {n:.1f} s</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/looks.py" />
            <source>Close this message</source>
            <translation>Diese Meldung schließen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/mapper_dock.py" />
            <location filename="../../plugin/main.py" />
            <source>BigEarthNet Mapper</source>
            <translation>BigEarthNet Mapper</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/mapper_dock.py" />
            <source>Switch on the plugin “Processing”: it runs many scenes.</source>
            <translation>Schalten Sie die Erweiterung „Processing“ ein: sie führt viele Szenen aus.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/mapper_dock.py" />
            <source>Many scenes need QGIS's Processing.</source>
            <translation>Viele Szenen brauchen die Verarbeitung (Processing) von QGIS.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>{n} bands</source>
            <translation>{n} Bänder</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>{n} classes</source>
            <translation>{n} Klassen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>{n} of {all} classes trained</source>
            <translation>{n} von {all} Klassen trainiert</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Note:</source>
            <translation>Hinweis:</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>optional</source>
            <translation>optional</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Input</source>
            <translation>Eingabe</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>patches of {n} × {n} m</source>
            <translation>Ausschnitte von {n} × {n} m</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Scores</source>
            <translation>Güte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>none published</source>
            <translation>keine veröffentlicht</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>not trained</source>
            <translation>nicht trainiert</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>label from {p:.2f}</source>
            <translation>Label ab {p:.2f}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <location filename="../../plugin/dock/result_tab.py" />
            <location filename="../../plugin/layers.py" />
            <source>Classes</source>
            <translation>Klassen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Files</source>
            <translation>Dateien</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Licence</source>
            <translation>Lizenz</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>not stated</source>
            <translation>nicht angegeben</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Origin</source>
            <translation>Herkunft</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Source</source>
            <translation>Quelle</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Needs</source>
            <translation>Braucht</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source> ({low:.3f} to {high:.3f})</source>
            <translation> ({low:.3f} bis {high:.3f})</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <location filename="../../plugin/dock/panel_layout.py" />
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Model</source>
            <translation>Modell</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>The network that recognises the classes. Published models are fetched once; embedded ones are demos.</source>
            <translation>Das Netz, das die Klassen erkennt. Veröffentlichte Modelle werden einmal geholt; eingebaute sind zum Vorführen.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>About this model</source>
            <translation>Über dieses Modell</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>The model's card: bands, classes, scores, licence, origin</source>
            <translation>Die Karte des Modells: Bänder, Klassen, Güte, Lizenz, Herkunft</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Fetch this model</source>
            <translation>Dieses Modell holen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Progress of fetching</source>
            <translation>Fortschritt des Holens</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>How much of the model is here</source>
            <translation>Wie viel des Modells da ist</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Embedded demonstration model</source>
            <translation>Eingebautes Vorführmodell</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Best published model here that fits</source>
            <translation>Bestes hier vorhandenes Modell, das passt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Model file of your own …</source>
            <translation>Eigene Modelldatei …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Published models cannot be listed: {why}</source>
            <translation>Die veröffentlichten Modelle lassen sich nicht auflisten: {why}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>A model card, or an ONNX file with its card</source>
            <translation>Eine Modellkarte oder eine ONNX-Datei mit ihrer Karte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Models</source>
            <translation>Modelle</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Fetch {size}</source>
            <translation>{size} holen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Download {name}, check and convert it</source>
            <translation>{name} herunterladen, prüfen und umwandeln</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <location filename="../../plugin/dock/panel.py" />
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Nothing is known about this model yet.</source>
            <translation>Über dieses Modell ist noch nichts bekannt.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Map resolution</source>
            <translation>Auflösung der Karte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Side of a cell of the map. Each answer is about a patch of 1200 m; a smaller cell gives a finer map of overlapping patches, and takes longer: half the side, four times the patches.</source>
            <translation>Seite einer Zelle der Karte. Jede Antwort gilt für einen Ausschnitt von 1200 m; kleinere Zellen geben eine feinere Karte aus überlappenden Ausschnitten und dauern länger: halbe Seite, viermal so viele Ausschnitte.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Output folder</source>
            <translation>Ausgabeordner</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Where the map's files go: rasters, a GeoPackage, a report. Made where it is missing.</source>
            <translation>Wohin die Dateien der Karte kommen: Raster, ein GeoPackage, ein Bericht. Fehlt er, wird er angelegt.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Folder of the map</source>
            <translation>Ordner der Karte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/engine/dialog.py" />
            <source>Advanced</source>
            <translation>Erweitert</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Options that a first run does not need</source>
            <translation>Optionen, die ein erster Lauf nicht braucht</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>the model's own</source>
            <translation>des Modells</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>all cores</source>
            <translation>alle Kerne</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>what fits</source>
            <translation>was passt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>the scene's name</source>
            <translation>Name der Szene</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>found</source>
            <translation>gefunden</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>CORINE level 1</source>
            <translation>CORINE-Ebene 1</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>CORINE level 2</source>
            <translation>CORINE-Ebene 2</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Take L1C products</source>
            <translation>L1C-Produkte nehmen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>10 m map (segments)</source>
            <translation>10-m-Karte (Segmente)</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Terrain model</source>
            <translation>Geländemodell</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>as it says</source>
            <translation>wie es sagt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>the ellipsoid (WGS 84)</source>
            <translation>dem Ellipsoid (WGS 84)</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Also cut the scene into segments and name each by windows of several sizes: a map of 10 m with areas. Takes several times as long; needs the engine with PyTorch.</source>
            <translation>Auch die Szene in Segmente schneiden und jedes nach Fenstern mehrerer Größen benennen: eine Karte von 10 m mit Flächen. Dauert ein Mehrfaches; braucht die Engine mit PyTorch.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Smallest area</source>
            <translation>Kleinste Fläche</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Area of the smallest segment of the 10 m map</source>
            <translation>Fläche des kleinsten Segments der 10-m-Karte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Fallback model</source>
            <translation>Ersatzmodell</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Answers cells that the model may not, such as cells under cloud that Sentinel-1 sees; the map says where</source>
            <translation>Antwortet in Zellen, in denen das Modell nicht darf, etwa unter Wolken, die Sentinel-1 durchschaut; die Karte sagt, wo</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Heights as one raster that covers the scene, to lay raw Sentinel-1 on the map</source>
            <translation>Höhen als ein Raster, das die Szene deckt, um rohes Sentinel-1 auf die Karte zu legen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Heights above</source>
            <translation>Höhen über</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>What the heights are above, where the terrain model does not say it; grids of geoids must be installed</source>
            <translation>Worüber die Höhen gelten, wo das Geländemodell es nicht sagt; Gitter von Geoiden müssen installiert sein</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Each class has the threshold that its model was tuned to</source>
            <translation>Jede Klasse hat die Schwelle, auf die ihr Modell abgestimmt ist</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Label from</source>
            <translation>Label ab</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Probability from which a class is a label of a patch</source>
            <translation>Wahrscheinlichkeit, ab der eine Klasse ein Label eines Ausschnitts ist</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Cloud at most</source>
            <translation>Höchstens Wolken</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Patches with a larger share of cloud and its shadow are skipped</source>
            <translation>Ausschnitte mit einem größeren Anteil an Wolken und deren Schatten werden übersprungen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Snow at most</source>
            <translation>Höchstens Schnee</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Patches with a larger share of snow and ice are skipped</source>
            <translation>Ausschnitte mit einem größeren Anteil an Schnee und Eis werden übersprungen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Valid at least</source>
            <translation>Mindestens gültig</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Patches with a smaller share of pixels with data are skipped</source>
            <translation>Ausschnitte mit einem kleineren Anteil an Pixeln mit Daten werden übersprungen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Device</source>
            <translation>Gerät</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>What computes. What is asked for is had or refused, never replaced in silence.</source>
            <translation>Was rechnet. Verlangtes gibt es oder wird abgelehnt, nie still ersetzt.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Runtime</source>
            <translation>Laufzeit</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>The software that runs the network</source>
            <translation>Die Software, die das Netz ausführt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Precision</source>
            <translation>Genauigkeit</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Arithmetic of the network; lower is faster, and slightly different</source>
            <translation>Rechenart des Netzes; niedriger ist schneller und weicht leicht ab</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>CPU threads</source>
            <translation>CPU-Threads</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Threads of decoding and computing; 0 takes all cores</source>
            <translation>Threads fürs Dekodieren und Rechnen; 0 nimmt alle Kerne</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Patches a batch</source>
            <translation>Ausschnitte je Stapel</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>How many patches are computed at once; 0 takes what fits</source>
            <translation>Wie viele Ausschnitte auf einmal gerechnet werden; 0 nimmt, was passt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Name</source>
            <translation>Name</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>What the map's files begin with</source>
            <translation>Womit die Dateinamen der Karte beginnen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Acquired</source>
            <translation>Aufgenommen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Acquisition time (ISO 8601) of rasters that do not tell it</source>
            <translation>Aufnahmezeit (ISO 8601) von Rastern, die sie nicht nennen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Scale</source>
            <translation>Skala</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Reflectance x 10000 = value x scale + offset, for rasters without metadata</source>
            <translation>Reflexionsgrad x 10000 = Wert x Skala + Versatz, für Raster ohne Metadaten</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Offset</source>
            <translation>Versatz</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>See scale; -1000 for values of baseline 04.00 and later</source>
            <translation>Siehe Skala; -1000 für Werte ab Baseline 04.00</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Groups</source>
            <translation>Gruppen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>A further map whose classes are united to CORINE's coarser levels</source>
            <translation>Eine weitere Karte, deren Klassen zu den gröberen CORINE-Ebenen vereint sind</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Top of atmosphere; the models saw surface reflectance (L2A): read such a map with care</source>
            <translation>Oberrand der Atmosphäre; die Modelle sahen Bodenreflexion (L2A): eine solche Karte mit Vorsicht lesen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Embedded, Sentinel-1</source>
            <translation>Mitgeliefert, Sentinel-1</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Best published for Sentinel-1</source>
            <translation>Bestes veröffentlichtes für Sentinel-1</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>{n} patches</source>
            <translation>{n} Ausschnitte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>about {time}</source>
            <translation>etwa {time}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>{n} GB memory</source>
            <translation>{n} GB Speicher</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>automatic</source>
            <translation>automatisch</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Runs on {where}. Asked: {asked}; {why}.</source>
            <translation>Läuft auf {where}. Verlangt: {asked}; {why}.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>{n} s</source>
            <translation>{n} s</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>{n} min</source>
            <translation>{n} min</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>{h} h {m} min</source>
            <translation>{h} h {m} min</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Mapping runs in an environment of its own, which leaves QGIS's Python alone.</source>
            <translation>Kartiert wird in einer eigenen Umgebung, die das Python von QGIS unberührt lässt.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Set up engine …</source>
            <translation>Engine einrichten …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Make that environment; it takes some minutes, once</source>
            <translation>Diese Umgebung anlegen; das dauert einmal einige Minuten</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>No scene is chosen.</source>
            <translation>Keine Szene ist gewählt.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Load a raster layer, or drop a product on this panel.</source>
            <translation>Einen Rasterlayer laden oder ein Produkt auf dieses Bedienfeld ziehen.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Raw Sentinel-1 is calibrated and laid on the terrain first, which takes minutes, and kept for later runs.</source>
            <translation>Rohes Sentinel-1 wird zuerst kalibriert und auf das Gelände gelegt; das dauert Minuten und wird für spätere Läufe behalten.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Raw Sentinel-1 needs a terrain model: choose one under Advanced.</source>
            <translation>Rohes Sentinel-1 braucht ein Geländemodell: wählen Sie eins unter „Erweitert“.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Looking at the scene …</source>
            <translation>Die Szene wird angesehen …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Sentinel-1 is missing: the model reads {bands}.</source>
            <translation>Sentinel-1 fehlt: Das Modell liest {bands}.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>adaptation comes on top</source>
            <translation>Anpassung kommt hinzu</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>10 m map comes on top</source>
            <translation>10-m-Karte kommt hinzu</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>There is nothing to copy yet.</source>
            <translation>Es gibt noch nichts zu kopieren.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Copied.</source>
            <translation>Kopiert.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Paste it into a terminal: it makes the same map.</source>
            <translation>In ein Terminal eingefügt, macht sie dieselbe Karte.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Stopping …</source>
            <translation>Wird angehalten …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>This map exists already.</source>
            <translation>Diese Karte gibt es schon.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Replace it</source>
            <translation>Ersetzen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Run, and replace the files of that map</source>
            <translation>Starten und die Dateien jener Karte ersetzen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Open it</source>
            <translation>Öffnen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Load it instead</source>
            <translation>Stattdessen laden</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Stopped.</source>
            <translation>Angehalten.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>What is finished is kept: Resume goes on from there.</source>
            <translation>Was fertig ist, bleibt: „Fortsetzen“ macht dort weiter.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Copy versions, job and log to the clipboard</source>
            <translation>Versionen, Auftrag und Protokoll in die Zwischenablage kopieren</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Show log</source>
            <translation>Protokoll zeigen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>See what the engine told</source>
            <translation>Sehen, was die Engine meldete</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>{n} patches in {t} s.</source>
            <translation>{n} Ausschnitte in {t} s.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>{n} of them by the fallback model.</source>
            <translation>{n} davon mit dem Ersatzmodell.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Skipped: {what}.</source>
            <translation>Übersprungen: {what}.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>10 m map: {n} segments.</source>
            <translation>10-m-Karte: {n} Segmente.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <location filename="../../plugin/dock/result_tab.py" />
            <location filename="../../plugin/processing/adapt_model.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Before and after</source>
            <translation>Vorher und nachher</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Both maps side by side, what changed, and why the guard said so</source>
            <translation>Beide Karten nebeneinander, was sich ändert und weshalb der Wächter so urteilt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>The map is finished.</source>
            <translation>Die Karte ist fertig.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Resume</source>
            <translation>Fortsetzen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Run</source>
            <translation>Starten</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Stop; what is finished is kept</source>
            <translation>Anhalten; was fertig ist, bleibt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Go on where the stopped run ended</source>
            <translation>Weitermachen, wo der angehaltene Lauf endete</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Map the scene</source>
            <translation>Die Szene kartieren</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel_layout.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Resolution</source>
            <translation>Auflösung</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel_layout.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Output</source>
            <translation>Ausgabe</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel_layout.py" />
            <location filename="../../plugin/dock/scene_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Scene</source>
            <translation>Szene</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel_layout.py" />
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Map</source>
            <translation>Karte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel_layout.py" />
            <source>Choose a scene and run</source>
            <translation>Eine Szene wählen und starten</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel_layout.py" />
            <source>Result</source>
            <translation>Ergebnis</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel_layout.py" />
            <source>Look at a finished map</source>
            <translation>Eine fertige Karte ansehen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel_layout.py" />
            <source>What the engine told</source>
            <translation>Was die Engine meldete</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel_layout.py" />
            <source>Copy as command line</source>
            <translation>Als Befehlszeile kopieren</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/panel_layout.py" />
            <source>Copy as command line: the same run without QGIS, to paste into a terminal</source>
            <translation>Als Befehlszeile kopieren: derselbe Lauf ohne QGIS, zum Einfügen in ein Terminal</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>Progress of the map</source>
            <translation>Fortschritt der Karte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>How much of the map is finished</source>
            <translation>Wie viel der Karte fertig ist</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>Starting the engine …</source>
            <translation>Die Engine startet …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>{done} of {total} patches · {rate}/s · {eta} left</source>
            <translation>{done} von {total} Ausschnitten · {rate}/s · noch {eta}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>10 m map: {done} of {total} windows · {rate}/s · {eta} left</source>
            <translation>10-m-Karte: {done} von {total} Fenstern · {rate}/s · noch {eta}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>10 m map: {done} of {total} rows · {eta} left</source>
            <translation>10-m-Karte: {done} von {total} Zeilen · noch {eta}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>Adapting the model: {done} of {total} epochs · {eta} left</source>
            <translation>Modell anpassen: {done} von {total} Epochen · noch {eta}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>Preparing Sentinel-1: {done} of {total} blocks · {eta} left</source>
            <translation>Sentinel-1 vorbereiten: {done} von {total} Blöcken · noch {eta}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>opening</source>
            <translation>Öffnen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>reading</source>
            <translation>Lesen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>model</source>
            <translation>Modell</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>writing</source>
            <translation>Schreiben</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>Sentinel-1 beside it</source>
            <translation>Sentinel-1 daneben</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>Terrain-corrected VV and VH of the same place, for models that read both sensors: layers of this project, or products that you pick or drop here. Of several passes the nearest in time comes first.</source>
            <translation>Geländekorrigierte VV und VH desselben Orts, für Modelle, die beide Sensoren lesen: Layer dieses Projekts, oder Produkte, die Sie hier wählen oder ablegen. Von mehreren Überflügen kommt der zeitlich nächste zuerst.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>Open Sentinel-1 from disk</source>
            <translation>Sentinel-1 von der Festplatte öffnen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>Open Sentinel-1 that is not loaded: a folder, or files</source>
            <translation>Sentinel-1 öffnen, das nicht geladen ist: einen Ordner oder Dateien</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>Folder (VV and VH) …</source>
            <translation>Ordner (VV und VH) …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>A Sentinel-1 product: a folder with VV and VH</source>
            <translation>Ein Sentinel-1-Produkt: ein Ordner mit VV und VH</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>Files (GeoTIFF), one or several …</source>
            <translation>Dateien (GeoTIFF), eine oder mehrere …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>Files of Sentinel-1, of one pass or several</source>
            <translation>Dateien von Sentinel-1, eines Überflugs oder mehrerer</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/result/patch_view.py" />
            <source>Sentinel-1</source>
            <translation>Sentinel-1</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>Sentinel-1 is stored as</source>
            <translation>Sentinel-1 ist gespeichert als</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>What the numbers of Sentinel-1 are. It is found by names, tags and values; say it where the panel tells that nothing tells.</source>
            <translation>Was die Zahlen von Sentinel-1 sind. Das wird an Namen, Metadaten und Werten erkannt; geben Sie es an, wo das Bedienfeld sagt, dass nichts es verrät.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>decibels (dB)</source>
            <translation>Dezibel (dB)</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>power (linear)</source>
            <translation>Leistung (linear)</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>amplitude</source>
            <translation>Amplitude</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>found by itself</source>
            <translation>wird erkannt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <location filename="../../plugin/dock/words.py" />
            <source>Stored as</source>
            <translation>Gespeichert als</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>This model reads Sentinel-1, too: choose VV and VH of the same place, or another model.</source>
            <translation>Dieses Modell liest auch Sentinel-1: Wählen Sie VV und VH desselben Orts, oder ein anderes Modell.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>and {n} more</source>
            <translation>und {n} weitere</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>the same day</source>
            <translation>am selben Tag</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>a day after Sentinel-2</source>
            <translation>einen Tag nach Sentinel-2</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>a day before Sentinel-2</source>
            <translation>einen Tag vor Sentinel-2</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>{n} days after Sentinel-2</source>
            <translation>{n} Tage nach Sentinel-2</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>{n} days before Sentinel-2</source>
            <translation>{n} Tage vor Sentinel-2</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/radar_section.py" />
            <source>date unknown</source>
            <translation>Datum unbekannt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>The finished map that is looked at</source>
            <translation>Die fertige Karte, die angesehen wird</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Open result …</source>
            <translation>Ergebnis öffnen …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Load a map that was made before: its .gpkg, or any file of it</source>
            <translation>Eine früher gemachte Karte laden: ihr .gpkg oder eine beliebige Datei davon</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Zoom to the map</source>
            <translation>Auf die Karte zoomen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <location filename="../../plugin/processing/evaluate_map.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <location filename="../../plugin/result/counts.py" />
            <source>Report</source>
            <translation>Bericht</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Open the map's report in the browser: areas, settings, time, quality</source>
            <translation>Den Bericht der Karte im Browser öffnen: Flächen, Einstellungen, Zeit, Güte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>The model was adapted to this scene: both maps side by side, what changed, and why the guard said so</source>
            <translation>Das Modell wurde an diese Szene angepasst: beide Karten nebeneinander, was sich ändert und weshalb der Wächter so urteilt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>the model's own, by class</source>
            <translation>die des Modells, je Klasse</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Show the labels that the run gave: each class from the threshold its model was tuned to</source>
            <translation>Die Labels des Laufs zeigen: jede Klasse ab der Schwelle, auf die ihr Modell abgestimmt ist</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Threshold</source>
            <translation>Schwelle</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Show a class where its probability reaches this; the map is not computed again</source>
            <translation>Eine Klasse zeigen, wo ihre Wahrscheinlichkeit dies erreicht; die Karte wird nicht neu gerechnet</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Threshold in percent</source>
            <translation>Schwelle in Prozent</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Opacity</source>
            <translation>Deckkraft</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>How much of the scene shines through the map</source>
            <translation>Wie stark die Szene durch die Karte scheint</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Show the ticked classes. A click on a name draws its probability in the layer of that name.</source>
            <translation>Die angehakten Klassen zeigen. Ein Klick auf einen Namen zeichnet dessen Wahrscheinlichkeit im gleichnamigen Layer.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Class</source>
            <translation>Klasse</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <location filename="../../plugin/layers.py" />
            <source>Patches</source>
            <translation>Ausschnitte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>All</source>
            <translation>Alle</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>None</source>
            <translation>Keine</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Show all classes</source>
            <translation>Alle Klassen zeigen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Untick all classes, to choose some</source>
            <translation>Alle Haken entfernen, um einige zu wählen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>No map yet</source>
            <translation>Noch keine Karte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>A finished map appears here. Open one that was made before with the button above.</source>
            <translation>Hier erscheint eine fertige Karte. Eine frühere öffnet der Knopf oben.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>{name}: the model was not trained for it</source>
            <translation>{name}: dafür ist das Modell nicht trainiert</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>{n} patches mapped</source>
            <translation>{n} Ausschnitte kartiert</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Maps</source>
            <translation>Karten</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>A finished map</source>
            <translation>Eine fertige Karte</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/runner.py" />
            <source>Preview (stopped)</source>
            <translation>Vorschau (angehalten)</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/runner.py" />
            <source>Rows {first} to {last}</source>
            <translation>Zeilen {first} bis {last}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/runner.py" />
            <source>Preview</source>
            <translation>Vorschau</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>No scene yet</source>
            <translation>Noch keine Szene</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>The scene to map: a raster layer of this project, or a Sentinel-2 or Sentinel-1 product (SAFE folder or zip, band files, STAC item) that you pick or drop here. Single-band layers of one folder are one scene.</source>
            <translation>Die Szene, die kartiert wird: ein Rasterlayer dieses Projekts, oder ein Sentinel-2- oder Sentinel-1-Produkt (SAFE-Ordner oder Zip, Banddateien, STAC-Item), das Sie hier wählen oder ablegen. Einzelband-Layer eines Ordners sind eine Szene.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Open a scene</source>
            <translation>Eine Szene öffnen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Open a scene that is not loaded: from disk, or by its address</source>
            <translation>Eine Szene öffnen, die nicht geladen ist: von der Festplatte oder über ihre Adresse</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Folder (SAFE, or band files) …</source>
            <translation>Ordner (SAFE oder Banddateien) …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>A product, or a folder of band files</source>
            <translation>Ein Produkt, oder ein Ordner mit Banddateien</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>Scenes</source>
            <translation>Szenen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Files (zip, GeoTIFF, JP2, STAC item) …</source>
            <translation>Dateien (Zip, GeoTIFF, JP2, STAC-Item) …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>A product, a raster, band files, or a STAC item</source>
            <translation>Ein Produkt, ein Raster, Banddateien oder ein STAC-Item</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Address (STAC item, GeoTIFF) …</source>
            <translation>Adresse (STAC-Item, GeoTIFF) …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>A scene on a server</source>
            <translation>Eine Szene auf einem Server</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Address of a STAC item or a GeoTIFF:</source>
            <translation>Adresse eines STAC-Items oder eines GeoTIFFs:</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Many scenes …</source>
            <translation>Viele Szenen …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Drop a scene here: a SAFE folder, a zip, a GeoTIFF, band files or a STAC item.</source>
            <translation>Legen Sie hier eine Szene ab: einen SAFE-Ordner, ein Zip, ein GeoTIFF, Banddateien oder ein STAC-Item.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Or add its bands to the project as raster layers.</source>
            <translation>Oder ihre Bänder als Rasterlayer ins Projekt laden.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Radiometry: {words}</source>
            <translation>Radiometrie: {words}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Bands: {n} of {all} found</source>
            <translation>Bänder: {n} von {all} gefunden</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>baseline {number}</source>
            <translation>Baseline {number}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>no cloud layer</source>
            <translation>ohne Wolkenebene</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/source_picker.py" />
            <source>Open …</source>
            <translation>Öffnen …</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/sources.py" />
            <source>All loaded Sentinel-1 ({n})</source>
            <translation>Alles geladene Sentinel-1 ({n})</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/sources.py" />
            <source>{folder} ({n} layers)</source>
            <translation>{folder} ({n} Layer)</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/sources.py" />
            <source>There is no file or folder {path}.</source>
            <translation>Es gibt weder Datei noch Ordner {path}.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/sources.py" />
            <source>{n} products of Sentinel-1</source>
            <translation>{n} Produkte von Sentinel-1</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/sources.py" />
            <source>{path} is a collection without a scene.</source>
            <translation>{path} ist eine Sammlung ohne Szene.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/sources.py" />
            <source>This layer comes from a service or an archive; the mapping reads files on this machine or a plain server. Save it as a GeoTIFF (layer menu, Export), or choose the product itself.</source>
            <translation>Dieser Layer kommt von einem Dienst oder aus einem Archiv; kartiert werden Dateien auf diesem Rechner oder auf einem einfachen Server. Speichern Sie ihn als GeoTIFF (Layermenü, Export), oder wählen Sie das Produkt selbst.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/sources.py" />
            <source>This layer is no file on disk. Save it as a GeoTIFF first (layer menu, Export).</source>
            <translation>Dieser Layer ist keine Datei auf der Platte. Erst als GeoTIFF speichern (Layermenü, Export).</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <source>Set up the engine again, with PyTorch ticked; it brings what is missing.</source>
            <translation>Richten Sie die Engine neu ein, mit Häkchen bei PyTorch; damit kommt, was fehlt.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <source>no data</source>
            <translation>keine Daten</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/result/patch_view.py" />
            <source>cloud</source>
            <translation>Wolken</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/result/patch_view.py" />
            <source>snow</source>
            <translation>Schnee</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <source>no Sentinel-1</source>
            <translation>kein Sentinel-1</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <source>no Sentinel-2</source>
            <translation>kein Sentinel-2</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <source>outside the area</source>
            <translation>außerhalb des Gebiets</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <source>adopted</source>
            <translation>übernommen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <source>adopted with warning</source>
            <translation>mit Warnung übernommen</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <source>rejected</source>
            <translation>abgelehnt</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <source>The model was adapted to this scene.</source>
            <translation>Das Modell wurde an diese Szene angepasst.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <source>The model was adapted to this scene; the guard warns.</source>
            <translation>Das Modell wurde an diese Szene angepasst; der Wächter warnt.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <source>The adapted model was rejected: the original made this map.</source>
            <translation>Das angepasste Modell wurde abgelehnt: das ursprüngliche hat diese Karte gemacht.</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <source>Sentinel-1 has {s1:.0%} of the pixels, Sentinel-2 {s2:.0%}</source>
            <translation>Sentinel-1 hat {s1:.0%} der Pixel, Sentinel-2 {s2:.0%}</translation>
        </message>
        <message>
            <location filename="../../plugin/dock/words.py" />
            <location filename="../../plugin/layers.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <source>10 m map</source>
            <translation>10-m-Karte</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>with uv ({path})</source>
            <translation>mit uv ({path})</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>with the Python found in {path}</source>
            <translation>mit dem Python in {path}</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>with uv and a Python of its own, both fetched first</source>
            <translation>mit uv und einem eigenen Python; beide werden zuerst geholt</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>No NVIDIA GPU was found.</source>
            <translation>Keine NVIDIA-Grafikkarte gefunden.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>An NVIDIA driver is installed, but it does not answer (nvidia-smi).</source>
            <translation>Ein NVIDIA-Treiber ist da, antwortet aber nicht (nvidia-smi).</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>{name}: its driver knows CUDA {version}, CUDA {needed} is needed. Update the driver to use the GPU.</source>
            <translation>{name}: Der Treiber kennt CUDA {version}, nötig ist CUDA {needed}. Treiber erneuern, um die Grafikkarte zu nutzen.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>{name} (driver for CUDA {version})</source>
            <translation>{name} (Treiber für CUDA {version})</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>BigEarthNet Mapper: engine</source>
            <translation>BigEarthNet Mapper: Engine</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>State of the engine</source>
            <translation>Zustand der Engine</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Maps are made by a program of their own, outside QGIS: its packages lie in a private folder, and QGIS's own Python packages are left as they are.</source>
            <translation>Karten macht ein eigenes Programm außerhalb von QGIS: Seine Pakete liegen in einem eigenen Ordner, und die Python-Pakete von QGIS bleiben, wie sie sind.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Packages are fetched once.</source>
            <translation>Pakete werden einmal geholt.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Make a private environment (recommended)</source>
            <translation>Eine eigene Umgebung anlegen (empfohlen)</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>What computes: the processor, or an NVIDIA graphics card with CUDA</source>
            <translation>Was rechnet: der Prozessor oder eine NVIDIA-Grafikkarte mit CUDA</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>With PyTorch, to fetch published models and to adapt them</source>
            <translation>Mit PyTorch, um veröffentlichte Modelle zu holen und anzupassen</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>For published models, for adapting to a scene, for 10 m maps and for several processes at once. The embedded model needs none. It takes 1 GB more, on Linux 6 GB.</source>
            <translation>Für veröffentlichte Modelle, für die Anpassung an eine Szene, für 10-m-Karten und für mehrere Prozesse zugleich. Das mitgelieferte Modell braucht nichts davon. Es belegt 1 GB mehr, unter Linux 6 GB.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Computes on</source>
            <translation>Rechnet auf</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Made</source>
            <translation>Angelegt</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Where the engine lies, and what it is made from</source>
            <translation>Wo die Engine liegt, und woraus sie gemacht wird</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Folder that takes the engine (about 500 MB)</source>
            <translation>Ordner für die Engine (etwa 500 MB)</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Install without a network, from a folder that holds all wheels</source>
            <translation>Ohne Netz einrichten, aus einem Ordner mit allen Wheels</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The program uv, where QGIS does not find it by itself</source>
            <translation>Das Programm uv, wenn QGIS es nicht selbst findet</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Folder</source>
            <translation>Ordner</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Folder of wheels</source>
            <translation>Ordner mit Wheels</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>uv</source>
            <translation>uv</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>A Python 3.11 or later that has the engine's packages already</source>
            <translation>Ein Python ab 3.11, das die Pakete der Engine schon hat</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Use this Python</source>
            <translation>Dieses Python nutzen</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The Python to use</source>
            <translation>Das zu nutzende Python</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>What is being done</source>
            <translation>Was gerade geschieht</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>How far the set-up is</source>
            <translation>Wie weit die Einrichtung ist</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Progress of the set-up</source>
            <translation>Fortschritt des Einrichtens</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Details</source>
            <translation>Einzelheiten</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>What the tools that install packages say</source>
            <translation>Was die Programme sagen, die Pakete einrichten</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Set up</source>
            <translation>Einrichten</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Start, or go on where it stopped</source>
            <translation>Beginnen oder dort weitermachen, wo es endete</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Stop</source>
            <translation>Anhalten</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Stop; what was fetched is kept</source>
            <translation>Anhalten; was geholt ist, bleibt</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Check…</source>
            <translation>Prüfen …</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Versions, devices and a self-test</source>
            <translation>Versionen, Geräte und ein Selbsttest</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Remove</source>
            <translation>Entfernen</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Remove the engine's folder</source>
            <translation>Den Ordner der Engine entfernen</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <location filename="../../plugin/engine/doctor.py" />
            <source>Close</source>
            <translation>Schließen</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <location filename="../../plugin/engine/doctor.py" />
            <source>Close this window</source>
            <translation>Dieses Fenster schließen</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>CPU</source>
            <translation>CPU</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>NVIDIA GPU (CUDA)</source>
            <translation>NVIDIA-Grafikkarte (CUDA)</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Neither uv nor a Python 3.11 or later was found.</source>
            <translation>Weder uv noch ein Python ab 3.11 wurde gefunden.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Use it</source>
            <translation>Nutzen</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <location filename="../../plugin/engine/install.py" />
            <source>Trying the engine …</source>
            <translation>Die Engine wird erprobt …</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The engine is set up.</source>
            <translation>Die Engine ist eingerichtet.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The engine's self-test fails on this Python.</source>
            <translation>Der Selbsttest der Engine scheitert mit diesem Python.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The engine uses this Python now.</source>
            <translation>Die Engine nutzt nun dieses Python.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Remove the engine and all of its folder?
{folder}</source>
            <translation>Die Engine und ihren ganzen Ordner entfernen?
{folder}</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The engine is removed.</source>
            <translation>Die Engine ist entfernt.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Not all could be removed; close other windows of QGIS and try again. {reason}: {file}</source>
            <translation>Nicht alles ließ sich entfernen; andere Fenster von QGIS schließen und noch einmal versuchen. {reason}: {file}</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Message</source>
            <translation>Meldung</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Copy the error and its details, to paste into a message</source>
            <translation>Den Fehler und seine Einzelheiten kopieren, um sie in eine Nachricht einzufügen</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>BigEarthNet Mapper: check of the engine</source>
            <translation>BigEarthNet Mapper: Prüfung der Engine</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>Result of the check</source>
            <translation>Ergebnis der Prüfung</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>The engine checks itself …</source>
            <translation>Die Engine prüft sich …</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <location filename="../../plugin/result/counts.py" />
            <source>Copy</source>
            <translation>Kopieren</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>Copy all of it as text, for a report</source>
            <translation>Alles als Text kopieren, für eine Meldung</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>All is well.</source>
            <translation>Alles in Ordnung.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>Something is wrong: see the self-test.</source>
            <translation>Etwas stimmt nicht: siehe Selbsttest.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/environment.py" />
            <source>The engine runs on the Python {path}.</source>
            <translation>Die Engine läuft mit dem Python {path}.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/environment.py" />
            <source>The engine is ready ({variant}).</source>
            <translation>Die Engine ist bereit ({variant}).</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/environment.py" />
            <source>The engine needs an update: the plugin is newer. Press Set up.</source>
            <translation>Die Engine braucht eine Erneuerung: Die Erweiterung ist neuer. „Einrichten“ drücken.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/environment.py" />
            <source>An earlier set-up was not finished. Press Set up to go on.</source>
            <translation>Ein früheres Einrichten wurde nicht fertig. „Einrichten“ macht weiter.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/environment.py" />
            <source>The engine is not set up yet.</source>
            <translation>Die Engine ist noch nicht eingerichtet.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The packages are there, but the engine's self-test fails: {test}: {reason}</source>
            <translation>Die Pakete sind da, aber der Selbsttest der Engine scheitert: {test}: {reason}</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Set it up again; if that does not help, report it with the details below.</source>
            <translation>Noch einmal einrichten; hilft das nicht, mit den Einzelheiten unten melden.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The engine could not be set up: {reason}</source>
            <translation>Die Engine ließ sich nicht einrichten: {reason}</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Try again: what was fetched is kept. The details below help in a report.</source>
            <translation>Noch einmal versuchen: Was geholt ist, bleibt. Die Einzelheiten unten helfen in einer Meldung.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The disk is full.</source>
            <translation>Die Platte ist voll.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Free some space (about 1 GB, with PyTorch or CUDA up to 8 GB), or choose another folder; then try again.</source>
            <translation>Platz schaffen (etwa 1 GB, mit PyTorch oder CUDA bis 8 GB) oder einen anderen Ordner wählen; dann noch einmal versuchen.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>A package is not the one that this version of the plugin was made with: its hash differs.</source>
            <translation>Ein Paket ist nicht das, mit dem diese Version der Erweiterung gemacht wurde: Seine Prüfsumme weicht ab.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Nothing of it was installed. Is a proxy changing downloads, or is the folder of wheels of another version?</source>
            <translation>Nichts davon wurde eingerichtet. Ändert ein Proxy die Downloads, oder gehört der Ordner mit Wheels zu einer anderen Version?</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The package server's certificate is not trusted here.</source>
            <translation>Dem Zertifikat des Paketservers wird hier nicht vertraut.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Often a proxy of your organisation puts its own in: ask for it, and name its file in SSL_CERT_FILE.</source>
            <translation>Oft setzt ein Proxy der Organisation sein eigenes ein: danach fragen und die Datei in SSL_CERT_FILE nennen.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The proxy refused the connection.</source>
            <translation>Der Proxy hat die Verbindung abgelehnt.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Check Settings &gt; Options &gt; Network &gt; Proxy in QGIS (name, port, user); then try again.</source>
            <translation>In QGIS unter Einstellungen &gt; Optionen &gt; Netzwerk &gt; Proxy nachsehen (Name, Port, Benutzer); dann noch einmal versuchen.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The package server cannot be reached.</source>
            <translation>Der Paketserver ist nicht zu erreichen.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Check the network and QGIS's proxy settings, or install from a folder of wheels. What was fetched is kept.</source>
            <translation>Netz und Proxy-Einstellungen von QGIS prüfen oder aus einem Ordner mit Wheels einrichten. Was geholt ist, bleibt.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The engine's folder may not be written to.</source>
            <translation>In den Ordner der Engine darf nicht geschrieben werden.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Choose another folder, and close other windows of QGIS that use the engine.</source>
            <translation>Einen anderen Ordner wählen und andere Fenster von QGIS schließen, die die Engine nutzen.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>A package is missing that fits this computer and its Python.</source>
            <translation>Es fehlt ein Paket, das zu diesem Rechner und seinem Python passt.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The folder of wheels must hold every package of the list, for this system and this version of Python.</source>
            <translation>Der Ordner mit Wheels muss jedes Paket der Liste für dieses System und diese Python-Version enthalten.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Is this a rare system or a very new Python? Python 3.11 to 3.13 on a 64-bit computer is known to do.</source>
            <translation>Ein seltenes System oder ein sehr neues Python? Python 3.11 bis 3.13 auf einem 64-Bit-Rechner sollte gehen.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>No Python 3.11 or later was found to build the engine with.</source>
            <translation>Kein Python ab 3.11 wurde gefunden, um die Engine anzulegen.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Without a network, Python 3.11 or later must be installed first; then try again.</source>
            <translation>Ohne Netz muss zuerst Python ab 3.11 eingerichtet werden; dann noch einmal versuchen.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Install Python 3.11 or later with venv (Debian: python3-venv), or uv; then try again.</source>
            <translation>Python ab 3.11 mit venv (Debian: python3-venv) oder uv einrichten; dann noch einmal versuchen.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Another window of QGIS is setting up the engine in this folder.</source>
            <translation>Ein anderes Fenster von QGIS richtet die Engine gerade in diesem Ordner ein.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Wait until it has finished: {folder}</source>
            <translation>Warten, bis es fertig ist: {folder}</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Clearing what an earlier set-up left …</source>
            <translation>Reste eines früheren Einrichtens werden entfernt …</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Fetching uv …</source>
            <translation>uv wird geholt …</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Making the environment …</source>
            <translation>Die Umgebung wird angelegt …</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Installing packages …</source>
            <translation>Pakete werden eingerichtet …</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Unpacking the packages …</source>
            <translation>Die Pakete werden ausgepackt …</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Stopped. What was fetched is kept for the next try.</source>
            <translation>Angehalten. Was geholt ist, bleibt für den nächsten Versuch.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/process.py" />
            <source>The engine's Python could not be started: {python}</source>
            <translation>Das Python der Engine ließ sich nicht starten: {python}</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/process.py" />
            <source>Set up the engine again.</source>
            <translation>Die Engine neu einrichten.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/process.py" />
            <location filename="../../plugin/processing/map_many.py" />
            <source>The run was stopped; run it again to go on where it stopped.</source>
            <translation>Der Lauf wurde angehalten; ein neuer Start macht dort weiter.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/process.py" />
            <source>The engine ended without an answer.</source>
            <translation>Die Engine endete ohne Antwort.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/process.py" />
            <source>The engine's process died before it had finished.</source>
            <translation>Der Prozess der Engine ist gestorben, bevor er fertig war.</translation>
        </message>
        <message>
            <location filename="../../plugin/engine/process.py" />
            <source>Often the memory was full, or another program ended it. Finished strips are kept: run again to go on.</source>
            <translation>Oft war der Speicher voll, oder ein anderes Programm hat ihn beendet. Fertige Streifen bleiben: Ein neuer Start macht weiter.</translation>
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Areas</source>
            <translation>Flächen</translation>
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Probabilities</source>
            <translation>Wahrscheinlichkeiten</translation>
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Segments</source>
            <translation>Segmente</translation>
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>How unusual (distance)</source>
            <translation>Wie ungewöhnlich (Abstand)</translation>
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>The layer of {kind} of {stem} cannot be read.</source>
            <translation>Der Layer {kind} von {stem} lässt sich nicht lesen.</translation>
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>Were files of the map moved or removed? Run it again.</source>
            <translation>Wurden Dateien der Karte verschoben oder gelöscht? Noch einmal starten.</translation>
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>Probability: {name}</source>
            <translation>Wahrscheinlichkeit: {name}</translation>
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>usual</source>
            <translation>gewöhnlich</translation>
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>unlike all that the model knows</source>
            <translation>anders als alles, was das Modell kennt</translation>
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>Was it made by another program?</source>
            <translation>Hat ein anderes Programm sie gemacht?</translation>
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>{path} holds no table of classes.</source>
            <translation>{path} enthält keine Tabelle der Klassen.</translation>
        </message>
        <message>
            <location filename="../../plugin/main.py" />
            <source>Map a Sentinel scene into land-cover classes</source>
            <translation>Eine Sentinel-Szene nach Landbedeckungsklassen kartieren</translation>
        </message>
        <message>
            <location filename="../../plugin/main.py" />
            <source>Set up engine…</source>
            <translation>Engine einrichten …</translation>
        </message>
        <message>
            <location filename="../../plugin/main.py" />
            <source>Make, check or remove the environment in which the mapping runs</source>
            <translation>Die Umgebung anlegen, prüfen oder entfernen, in der kartiert wird</translation>
        </message>
        <message>
            <location filename="../../plugin/main.py" />
            <source>Map many scenes…</source>
            <translation>Viele Szenen kartieren…</translation>
        </message>
        <message>
            <location filename="../../plugin/main.py" />
            <location filename="../../plugin/processing/map_many.py" />
            <source>Map any number of scenes into one folder, and make one catalogue of them</source>
            <translation>Beliebig viele Szenen in einen Ordner kartieren und einen Katalog daraus machen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Adapt model to scene</source>
            <translation>Modell an Szene anpassen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Fine-tune a model on the scene it is to map, without labels; worse models are refused</source>
            <translation>Ein Modell ohne Beschriftung an der Szene nachschulen, die es kartieren soll; schlechtere werden abgelehnt</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>&lt;p&gt;A model that learned elsewhere, in another year or from another sensor is taught by the scene itself: patches of which it is sure, and which labelled source patches confirm, become its teachers.&lt;/p&gt;&lt;p&gt;A guard then compares both models on parts of the scene that nothing was learned from. Its verdict is &lt;b&gt;adopted&lt;/b&gt;, &lt;b&gt;adopted with warning&lt;/b&gt; or &lt;b&gt;rejected&lt;/b&gt;; a rejected model is not handed over. The page shows both maps side by side, what changed, and why the guard said so.&lt;/p&gt;&lt;p&gt;The original model stays as it is. &lt;i&gt;Model to map with&lt;/i&gt; is the adapted one, or the original where the guard rejected it: connect it to &lt;i&gt;Map scene&lt;/i&gt; in a model of the designer.&lt;/p&gt;&lt;p&gt;It needs an engine with PyTorch, and takes minutes to hours without a GPU. A run that is cancelled goes on where it stopped when it is started again with the same parameters.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Ein Modell, das anderswo, in einem anderen Jahr oder an einem anderen Sensor gelernt hat, wird von der Szene selbst belehrt: Ausschnitte, bei denen es sicher ist und die beschriftete Ausschnitte der Quelle bestätigen, werden seine Lehrer.&lt;/p&gt;&lt;p&gt;Ein Wächter vergleicht dann beide Modelle auf Teilen der Szene, von denen nichts gelernt wurde. Sein Urteil heißt &lt;b&gt;übernommen&lt;/b&gt;, &lt;b&gt;mit Warnung übernommen&lt;/b&gt; oder &lt;b&gt;abgelehnt&lt;/b&gt;; ein abgelehntes Modell wird nicht herausgegeben. Die Seite zeigt beide Karten nebeneinander, was sich ändert und weshalb der Wächter so urteilt.&lt;/p&gt;&lt;p&gt;Das ursprüngliche Modell bleibt, wie es ist. &lt;i&gt;Modell für die Karte&lt;/i&gt; ist das angepasste, oder das ursprüngliche, wo der Wächter ablehnt: verbinden Sie es in einem Modell des Designers mit &lt;i&gt;Szene kartieren&lt;/i&gt;.&lt;/p&gt;&lt;p&gt;Es braucht eine Engine mit PyTorch und ohne GPU Minuten bis Stunden. Ein abgebrochener Lauf macht dort weiter, wo er stehen blieb, wenn er mit denselben Angaben neu gestartet wird.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>domain adaptation,fine-tuning,pseudo-labels,transfer,training,deep learning</source>
            <translation>Domänenanpassung,Feinabstimmung,Pseudo-Labels,Transfer,Training,Deep Learning</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Source bank</source>
            <translation>Quellbank</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Labelled patches that confirm what the model believes, made by “ben bank”. Left empty, the one that came with the model.</source>
            <translation>Beschriftete Ausschnitte, die bestätigen, was das Modell glaubt; „ben bank“ macht sie. Leer: die Bank, die mit dem Modell kam.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Name of the adapted model</source>
            <translation>Name des angepassten Modells</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>The model's and the scene's name where left empty.</source>
            <translation>Leer: der Name des Modells und der Szene.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Keep a rejected model</source>
            <translation>Abgelehntes Modell behalten</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>To study it; its name says that it was rejected.</source>
            <translation>Um es zu untersuchen; sein Name sagt, dass es abgelehnt wurde.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Replace an adapted model that exists</source>
            <translation>Vorhandenes angepasstes Modell ersetzen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Folder of the adapted model</source>
            <translation>Ordner des angepassten Modells</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Made where it is missing.</source>
            <translation>Fehlt er, wird er angelegt.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Adapted model; empty where it was rejected</source>
            <translation>Angepasstes Modell; leer, wo es abgelehnt wurde</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Model to map with: the adapted one, else the original</source>
            <translation>Modell für die Karte: das angepasste, sonst das ursprüngliche</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Verdict of the guard</source>
            <translation>Urteil des Wächters</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Its reasons</source>
            <translation>Seine Gründe</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Rejected model that was kept</source>
            <translation>Abgelehntes Modell, das behalten wurde</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>Every figure, as JSON</source>
            <translation>Jede Zahl, als JSON</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Patches that taught</source>
            <translation>Ausschnitte, die lehrten</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Rounds</source>
            <translation>Runden</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>The labels are made anew this often; 2 where left empty.</source>
            <translation>So oft werden die Labels neu gemacht; leer: 2.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Epochs a round</source>
            <translation>Epochen je Runde</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Passes over the labels, at most; 10 where left empty.</source>
            <translation>Durchgänge durch die Labels, höchstens; leer: 10.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Present from</source>
            <translation>Vorhanden ab</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Probability above which a class counts as present, its threshold taken as 0.5; 0.7 where left empty.</source>
            <translation>Wahrscheinlichkeit, über der eine Klasse als vorhanden zählt, ihre Schwelle als 0,5 gerechnet; leer: 0,7.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Agreement of source patches</source>
            <translation>Übereinstimmung der Quelle</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Share of the nearest source patches that must agree; 0.6 where left empty.</source>
            <translation>Anteil der nächsten Ausschnitte der Quelle, die zustimmen müssen; leer: 0,6.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Distance of patches (pixels of 10 m)</source>
            <translation>Abstand der Ausschnitte (Pixel zu 10 m)</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>A smaller one gives more patches to learn from. Left empty, it is found by the size of the scene.</source>
            <translation>Ein kleinerer gibt mehr Ausschnitte zum Lernen. Leer: nach der Größe der Szene.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Side of a block in patches</source>
            <translation>Seite eines Blocks in Ausschnitten</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Parts of the scene that are held apart are whole blocks; 3 where left empty.</source>
            <translation>Zurückgehaltene Teile der Szene sind ganze Blöcke; leer: 3.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Seed</source>
            <translation>Startwert</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Of all that is drawn by chance; the same seed makes the same model.</source>
            <translation>Von allem, was gelost wird; derselbe Startwert macht dasselbe Modell.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Teach the classifier alone</source>
            <translation>Nur den Klassifikator belehren</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>The network that sees stays as it is; quicker, and less can go wrong.</source>
            <translation>Das Netz, das sieht, bleibt, wie es ist; schneller, und weniger kann schiefgehen.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/adapt_model.py" />
            <source>Verdict: {verdict}.</source>
            <translation>Urteil: {verdict}.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/base.py" />
            <source>Map: layer of cells</source>
            <translation>Karte: Layer der Zellen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/base.py" />
            <source>The cells (patches) of a finished map, or its GeoPackage.</source>
            <translation>Die Zellen (Ausschnitte) einer fertigen Karte oder ihr GeoPackage.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/base.py" />
            <source>{cells} patches, model {model}, {runtime} on {device} in {precision} ({why})</source>
            <translation>{cells} Ausschnitte, Modell {model}, {runtime} auf {device} in {precision} ({why})</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/base.py" />
            <source>{done} of {total} patches, {rate:.0f} a second, {eta:.0f} s to go</source>
            <translation>{done} von {total} Ausschnitten, {rate:.0f} je Sekunde, noch {eta:.0f} s</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/base.py" />
            <source>Choose Plugins &gt; BigEarthNet Mapper &gt; Set up engine…</source>
            <translation>Wählen Sie Erweiterungen &gt; BigEarthNet Mapper &gt; Engine einrichten …</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>Evaluate map</source>
            <translation>Karte bewerten</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>Score a finished map against the land cover of the place</source>
            <translation>Eine fertige Karte mit der Landbedeckung des Orts vergleichen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>&lt;p&gt;Compares the cells of a finished map with a reference such as CORINE Land Cover: polygons or a raster in any CRS, with CORINE's codes, or with others that a table explains.&lt;/p&gt;&lt;p&gt;The report is one page: scores by class and over all, with intervals drawn by whole blocks of cells, curves, confusion, calibration, and where the map hits and misses. Every figure is in a JSON file.&lt;/p&gt;&lt;p&gt;A reference is older, coarser and itself not free of errors: read the scores as agreement.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Vergleicht die Zellen einer fertigen Karte mit einer Referenz wie CORINE Land Cover: Polygone oder ein Raster in beliebigem KBS, mit den Codes von CORINE, oder mit anderen, die eine Tabelle erklärt.&lt;/p&gt;&lt;p&gt;Der Bericht ist eine Seite: Güte je Klasse und insgesamt, mit Intervallen, für die ganze Blöcke von Zellen gezogen werden, Kurven, Verwechslungen, Kalibrierung, und wo die Karte trifft und irrt. Jede Zahl steht in einer JSON-Datei.&lt;/p&gt;&lt;p&gt;Eine Referenz ist älter, gröber und selbst nicht fehlerfrei: Lesen Sie die Werte als Übereinstimmung.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>accuracy,validation,corine,confusion,precision,recall,score,reference</source>
            <translation>Genauigkeit,Validierung,CORINE,Konfusion,Precision,Recall,Güte,Referenz</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>Land cover of the same place: polygons or a raster, in any CRS.</source>
            <translation>Landbedeckung desselben Orts: Polygone oder ein Raster, in beliebigem KBS.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>Field of the codes</source>
            <translation>Feld der Codes</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>Of polygons; left empty, the one that is named like CODE_18.</source>
            <translation>Bei Polygonen; leer gelassen das Feld, das wie CODE_18 heißt.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>What other codes mean</source>
            <translation>Was andere Codes bedeuten</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>A table for codes that are not CORINE's; the guide to training describes it.</source>
            <translation>Eine Tabelle für Codes, die nicht die von CORINE sind; die Anleitung zum Training beschreibt sie.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>Thresholds</source>
            <translation>Schwellen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>Whose labels come first in the report: the model's own, the best ones here, or 0.5. The report has all.</source>
            <translation>Wessen Labels im Bericht zuerst kommen: mit den Schwellen des Modells (card), den hier besten (tuned), oder 0,5. Der Bericht hat alle.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>Folder of the report</source>
            <translation>Ordner des Berichts</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>Made where it is missing; an earlier report of the same map is replaced.</source>
            <translation>Wird angelegt, wo er fehlt; ein früherer Bericht derselben Karte wird ersetzt.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/evaluate_map.py" />
            <source>Cells compared</source>
            <translation>Verglichene Zellen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>“embedded”, “auto” (the best one on this machine that fits the scene), a published name such as reben/resnet50-s2-v0.2.0, a model card (.json), or an .onnx file with its card.</source>
            <translation>„embedded“, „auto“ (das beste auf diesem Rechner, das zur Szene passt), ein veröffentlichter Name wie reben/resnet50-s2-v0.2.0, eine Modellkarte (.json) oder eine .onnx-Datei mit ihrer Karte.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Cell size (pixels of 10 m)</source>
            <translation>Zellgröße (Pixel zu 10 m)</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>120: each place is mapped once, in cells of 1.2 km. 60: cells of 600 m, four times as many patches.</source>
            <translation>120: Jeder Ort wird einmal kartiert, in Zellen von 1,2 km. 60: Zellen von 600 m, viermal so viele Ausschnitte.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Threshold for all classes</source>
            <translation>Schwelle für alle Klassen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Probability from which a class becomes a label. Left empty, each class has its own, by the model.</source>
            <translation>Wahrscheinlichkeit, ab der eine Klasse ein Label wird. Leer: jede Klasse hat ihre eigene, vom Modell.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Least share of valid pixels</source>
            <translation>Kleinster Anteil gültiger Pixel</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>A patch with fewer is skipped.</source>
            <translation>Ein Ausschnitt mit weniger wird übersprungen.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Largest share of cloud</source>
            <translation>Größter Anteil an Wolken</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Cloud and its shadow; a patch with more is skipped.</source>
            <translation>Wolken und ihr Schatten; ein Ausschnitt mit mehr wird übersprungen.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Largest share of snow</source>
            <translation>Größter Anteil an Schnee</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Snow and ice; a patch with more is skipped.</source>
            <translation>Schnee und Eis; ein Ausschnitt mit mehr wird übersprungen.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Thresholds of single classes</source>
            <translation>Schwellen einzelner Klassen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>A line a class: Urban fabric=0.15</source>
            <translation>Eine Zeile je Klasse: Urban fabric=0.15</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Where the names of bands say nothing: B02=1,B03=2,B04=3,B08=4 (number in the file, or a file's name).</source>
            <translation>Wo die Namen der Bänder nichts sagen: B02=1,B03=2,B04=3,B08=4 (Nummer in der Datei oder Name einer Datei).</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Scale of the values</source>
            <translation>Skala der Werte</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Reflectance x 10000 = value x scale + offset; by the metadata where left empty.</source>
            <translation>Reflexionsgrad x 10000 = Wert x Skala + Versatz; leer: nach den Metadaten.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Offset of the values</source>
            <translation>Versatz der Werte</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>See scale; -1000 for values of baseline 04.00 and later without metadata.</source>
            <translation>Siehe Skala; -1000 für Werte ab Baseline 04.00 ohne Metadaten.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Acquisition time</source>
            <translation>Aufnahmezeit</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>ISO 8601, for scenes that do not tell it: 2020-02-23T03:37:29Z</source>
            <translation>ISO 8601, für Szenen, die sie nicht nennen: 2020-02-23T03:37:29Z</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Take a Level-1C product</source>
            <translation>Ein Level-1C-Produkt nehmen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Top of atmosphere; the models saw surface reflectance (Level-2A). Read such a map with care.</source>
            <translation>Oberrand der Atmosphäre; die Modelle sahen Bodenreflexion (Level-2A). Eine solche Karte mit Vorsicht lesen.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Answers cells that the model may not, such as cells under cloud that Sentinel-1 sees; “embedded” and “auto” mean models of Sentinel-1. The map says which model answered.</source>
            <translation>Antwortet in Zellen, in denen das Modell nicht darf, etwa unter Wolken, die Sentinel-1 durchschaut; „embedded“ und „auto“ meinen Modelle für Sentinel-1. Die Karte sagt, welches Modell antwortete.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>For raw Sentinel-1 products (GRD): heights as one raster that covers the scene.</source>
            <translation>Für rohe Sentinel-1-Produkte (GRD): Höhen als ein Raster, das die Szene deckt.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>What the heights are above, where the terrain model does not say it: egm96, egm2008, none (the ellipsoid), or the file of a grid.</source>
            <translation>Worüber die Höhen gelten, wo das Geländemodell es nicht sagt: egm96, egm2008, none (das Ellipsoid) oder die Datei eines Gitters.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>or: one height for all land (metres)</source>
            <translation>oder: eine Höhe für alles Land (Meter)</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Above the ellipsoid, in place of a terrain model; mountains end up where they are not.</source>
            <translation>Über dem Ellipsoid, anstelle eines Geländemodells; Berge landen, wo sie nicht sind.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Arithmetic</source>
            <translation>Rechenart</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>What is asked for is had or refused; “auto” chooses, and the log says why.</source>
            <translation>Verlangtes gibt es oder wird abgelehnt; „auto“ wählt, und das Protokoll sagt, warum.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>0: found by the engine.</source>
            <translation>0: findet die Engine.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Give one threshold for all classes, or thresholds of single classes.</source>
            <translation>Eine Schwelle für alle Klassen angeben oder Schwellen einzelner Klassen.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>“{line}” is no threshold of a class; write: Urban fabric=0.15</source>
            <translation>„{line}“ ist keine Schwelle einer Klasse; schreiben: Urban fabric=0.15</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>“{text}” names no bands.</source>
            <translation>„{text}“ nennt keine Bänder.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Map many scenes</source>
            <translation>Viele Szenen kartieren</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>&lt;p&gt;Maps scene after scene with the same model and options, and ends with a catalogue: a STAC collection, mosaics, a table of all cells, counts by class, and a page with a map.&lt;/p&gt;&lt;p&gt;A scene that cannot be mapped is named with the reason, and the others go on. A run that is cancelled or killed goes on where it stopped when it is started again with the same folder: what is done and unchanged stays as it is, what is new or failed is mapped.&lt;/p&gt;&lt;p&gt;A list may give every scene options of its own, such as its Sentinel-1; the guide to batches describes it.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Kartiert Szene um Szene mit demselben Modell und denselben Optionen und endet mit einem Katalog: eine STAC-Sammlung, Mosaike, eine Tabelle aller Zellen, Zählungen nach Klasse und eine Seite mit Karte.&lt;/p&gt;&lt;p&gt;Eine Szene, die sich nicht kartieren lässt, wird mit dem Grund genannt, und die anderen gehen weiter. Ein abgebrochener Lauf macht dort weiter, wo er stehen blieb, wenn er mit demselben Ordner neu gestartet wird: was fertig und unverändert ist, bleibt; was neu ist oder scheiterte, wird kartiert.&lt;/p&gt;&lt;p&gt;Eine Liste darf jeder Szene eigene Optionen geben, etwa ihr Sentinel-1; die Anleitung zu Stapeln beschreibt sie.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>batch,country,catalogue,mosaic,series,land cover,sentinel,bigearthnet</source>
            <translation>Stapel,Land,Katalog,Mosaik,Zeitreihe,Landbedeckung,Sentinel,BigEarthNet</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Scenes: raster layers</source>
            <translation>Szenen: Rasterlayer</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Layers with all bands are a scene each; layers of single bands that lie in one folder are one scene together. Layers, folder, files and list may be given together.</source>
            <translation>Layer mit allen Bändern sind je eine Szene; Layer mit einem Band, die in einem Ordner liegen, sind zusammen eine. Layer, Ordner, Dateien und Liste dürfen zusammen angegeben werden.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Scenes: folder</source>
            <translation>Szenen: Ordner</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>All products in it: .SAFE folders, zips, rasters, folders of band files.</source>
            <translation>Alle Produkte darin: .SAFE-Ordner, Zips, Raster, Ordner mit Banddateien.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Scenes: files</source>
            <translation>Szenen: Dateien</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Zips, rasters with all bands, STAC items and item collections. In qgis_process and in Python folders, too.</source>
            <translation>Zips, Raster mit allen Bändern, STAC-Items und Sammlungen davon. In qgis_process und Python auch Ordner.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Scenes: list</source>
            <translation>Szenen: Liste</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>A path or an address a line (.txt), or a table with options for each scene (.csv, .toml).</source>
            <translation>Ein Pfad oder eine Adresse je Zeile (.txt), oder eine Tabelle mit Optionen je Szene (.csv, .toml).</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Lists</source>
            <translation>Listen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Make the catalogue</source>
            <translation>Katalog machen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Mosaics, tables and the overview of everything in the folder, when all scenes are done.</source>
            <translation>Mosaike, Tabellen und Übersicht von allem im Ordner, wenn alle Szenen fertig sind.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Processes</source>
            <translation>Prozesse</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Map so many scenes at once. 0: one after the other, the next one being read while one is computed. More need memory for each.</source>
            <translation>So viele Szenen zugleich kartieren. 0: eine nach der anderen, wobei die nächste gelesen wird, während eine gerechnet wird. Mehr brauchen Arbeitsspeicher für jede.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Stop when so many scenes failed</source>
            <translation>Anhalten, wenn so viele Szenen scheiterten</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>0: never.</source>
            <translation>0: nie.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Try scenes again that were set aside</source>
            <translation>Zurückgestellte Szenen wieder versuchen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>A scene during which the engine died several times is not tried any more, unless you say so.</source>
            <translation>Eine Szene, bei der die Engine mehrmals starb, wird nicht mehr versucht, es sei denn, Sie sagen es.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Folder of the maps</source>
            <translation>Ordner der Karten</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Made where it is missing; scenes/ holds a folder a scene, catalogue/ what is made of all.</source>
            <translation>Wird angelegt, wo er fehlt; scenes/ hat einen Ordner je Szene, catalogue/ das, was aus allen wird.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Overview</source>
            <translation>Übersicht</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Catalogue</source>
            <translation>Katalog</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>STAC collection</source>
            <translation>STAC-Sammlung</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Scenes that are done</source>
            <translation>Fertige Szenen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Scenes mapped in this run</source>
            <translation>In diesem Lauf kartierte Szenen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Scenes that failed</source>
            <translation>Gescheiterte Szenen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Which scenes failed, and why</source>
            <translation>Welche Szenen scheiterten, und weshalb</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>Choose the scenes: raster layers, a folder, files or a list.</source>
            <translation>Wählen Sie die Szenen: Rasterlayer, einen Ordner, Dateien oder eine Liste.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>None of the scene's raster layers could be read.</source>
            <translation>Keiner der Rasterlayer der Szene ließ sich lesen.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>{done} of {total} scenes are done, {failed} failed.</source>
            <translation>{done} von {total} Szenen sind fertig, {failed} scheiterten.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>The disk is full: {why}</source>
            <translation>Der Datenträger ist voll: {why}</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>No scene could be mapped.</source>
            <translation>Keine Szene ließ sich kartieren.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>{scene}: {n} patches in {t:.1f} s</source>
            <translation>{scene}: {n} Ausschnitte in {t:.1f} s</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_many.py" />
            <source>{scene}: tried again in {n:.0f} s. {why}</source>
            <translation>{scene}: neuer Versuch in {n:.0f} s. {why}</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Map scene</source>
            <translation>Szene kartieren</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Map a Sentinel-2 or Sentinel-1 scene into the 19 land-cover classes of BigEarthNet</source>
            <translation>Eine Sentinel-2- oder Sentinel-1-Szene in die 19 Landbedeckungsklassen von BigEarthNet kartieren</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>&lt;p&gt;Cuts a scene of Sentinel-2, of Sentinel-1, or of both into patches of 1.2 x 1.2 km, asks a neural network which of BigEarthNet's 19 land-cover classes are &lt;b&gt;present&lt;/b&gt; in each, and writes a multi-label map.&lt;/p&gt;&lt;p&gt;A label says that a class is present in the patch; it does not say how much of it the class covers. A patch may carry several labels, one or none.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Results&lt;/b&gt; (they appear together, when all are finished): cells as polygons with all probabilities, areas of the same most probable class, rasters of classes, labels and probabilities, a STAC item and a report.&lt;/p&gt;&lt;p&gt;A run that is cancelled or killed goes on where it stopped when it is started again with the same parameters and the same folder.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Zerlegt eine Szene von Sentinel-2, Sentinel-1 oder beiden in Ausschnitte von 1,2 x 1,2 km, fragt ein neuronales Netz, welche der 19 Landbedeckungsklassen von BigEarthNet in jedem &lt;b&gt;vorkommen&lt;/b&gt;, und schreibt eine Karte mit mehreren Labels.&lt;/p&gt;&lt;p&gt;Ein Label sagt, dass eine Klasse im Ausschnitt vorkommt; es sagt nicht, wie viel davon sie bedeckt. Ein Ausschnitt kann mehrere Labels tragen, eines oder keines.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Ergebnisse&lt;/b&gt; (sie erscheinen zusammen, wenn alle fertig sind): Zellen als Polygone mit allen Wahrscheinlichkeiten, Flächen gleicher wahrscheinlichster Klasse, Raster der Klassen, Labels und Wahrscheinlichkeiten, ein STAC-Item und ein Bericht.&lt;/p&gt;&lt;p&gt;Ein abgebrochener Lauf macht dort weiter, wo er endete, wenn er mit denselben Parametern und demselben Ordner noch einmal gestartet wird.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>land cover,classification,sentinel,bigearthnet,corine,deep learning,neural network</source>
            <translation>Landbedeckung,Klassifikation,Sentinel,BigEarthNet,CORINE,maschinelles Lernen,neuronales Netz</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Further map by groups of classes</source>
            <translation>Weitere Karte nach Gruppen von Klassen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>clc1 and clc2 are CORINE levels 1 and 2.</source>
            <translation>clc1 und clc2 sind die CORINE-Ebenen 1 und 2.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>or: by a legend of my own</source>
            <translation>oder: nach einer eigenen Legende</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>A JSON file with groups, colours and classes; the user guide shows one.</source>
            <translation>Eine JSON-Datei mit Gruppen, Farben und Klassen; das Handbuch zeigt eine.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Name of the products</source>
            <translation>Name der Produkte</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>What their file names begin with; the scene's name where left empty.</source>
            <translation>Womit ihre Dateinamen beginnen; leer: der Name der Szene.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Replace products that exist</source>
            <translation>Vorhandene Produkte ersetzen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Add the map to the project</source>
            <translation>Die Karte ins Projekt laden</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Cells and class map, with their styles, when the run has ended.</source>
            <translation>Zellen und Klassenkarte mit ihren Stilen, wenn der Lauf fertig ist.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Cells</source>
            <translation>Zellen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Most probable class</source>
            <translation>Wahrscheinlichste Klasse</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Label sets</source>
            <translation>Labelmengen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>STAC item</source>
            <translation>STAC-Item</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Cells mapped</source>
            <translation>Kartierte Zellen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Cells skipped</source>
            <translation>Übersprungene Zellen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Cells answered by the fallback model</source>
            <translation>Vom Ersatzmodell beantwortete Zellen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Adapt the model to this scene first</source>
            <translation>Das Modell zuerst an diese Szene anpassen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Where the guard finds the adapted model no better, the original makes the map. “Adapt model to scene” does this step alone, with all its settings.</source>
            <translation>Wo der Wächter das angepasste Modell nicht besser findet, macht das ursprüngliche die Karte. „Modell an Szene anpassen“ tut diesen Schritt allein, mit all seinen Einstellungen.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Method of adaptation</source>
            <translation>Verfahren der Anpassung</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Reference of adaptation</source>
            <translation>Referenz der Anpassung</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Also make a 10 m map</source>
            <translation>Auch eine 10-m-Karte machen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Cuts the scene into segments and names each by windows of several sizes; here areas are cover. Takes several times as long, and needs the engine with PyTorch.</source>
            <translation>Schneidet die Szene in Segmente und benennt jedes nach Fenstern mehrerer Größen; hier sind Flächen Bedeckung. Dauert ein Mehrfaches und braucht die Engine mit PyTorch.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Smallest segment (hectares)</source>
            <translation>Kleinstes Segment (Hektar)</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>0.5 where left empty.</source>
            <translation>Leer: 0,5.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Choose groups of CORINE or a legend of your own, not both.</source>
            <translation>Gruppen von CORINE oder eine eigene Legende wählen, nicht beides.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>{scene}: 10 m map</source>
            <translation>{scene}: 10-m-Karte</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>{scene}: cells</source>
            <translation>{scene}: Zellen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>{scene}: classes</source>
            <translation>{scene}: Klassen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>Scene: raster layers</source>
            <translation>Szene: Rasterlayer</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>One layer with all bands, or a layer a band. Choose one of layers, folder and file, or Sentinel-1 alone.</source>
            <translation>Ein Layer mit allen Bändern, oder ein Layer je Band. Wählen Sie Layer, Ordner oder Datei, oder Sentinel-1 allein.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>or: folder</source>
            <translation>oder: Ordner</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>A Sentinel-2 product (.SAFE), or a folder with a file a band.</source>
            <translation>Ein Sentinel-2-Produkt (.SAFE) oder ein Ordner mit einer Datei je Band.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>or: file</source>
            <translation>oder: Datei</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>A zipped product, its MTD_MSIL2A.xml, a raster with all bands, or a STAC item: its file, its address, or COLLECTION.json#ID.</source>
            <translation>Ein gezipptes Produkt, seine MTD_MSIL2A.xml, ein Raster mit allen Bändern, oder ein STAC-Item: seine Datei, seine Adresse, oder SAMMLUNG.json#ID.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>All files</source>
            <translation>Alle Dateien</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>Sentinel-1: raster layers</source>
            <translation>Sentinel-1: Rasterlayer</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>Terrain-corrected VV and VH of the same place, for models that read both sensors; without a scene above they are the scene. Layers, folder and files may be given together: of several passes the nearest in time comes first.</source>
            <translation>Geländekorrigierte VV und VH desselben Orts, für Modelle, die beide Sensoren lesen; ohne eine Szene darüber sind sie die Szene. Layer, Ordner und Dateien dürfen zusammen gegeben werden: Von mehreren Überflügen kommt der zeitlich nächste zuerst.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>Sentinel-1: folder</source>
            <translation>Sentinel-1: Ordner</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>A product with VV and VH.</source>
            <translation>Ein Produkt mit VV und VH.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>Sentinel-1: files</source>
            <translation>Sentinel-1: Dateien</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>GeoTIFFs of one pass or several, VV and VH by their names. In qgis_process and in Python folders, too.</source>
            <translation>GeoTIFFs eines Überflugs oder mehrerer, VV und VH nach ihren Namen. In qgis_process und in Python auch Ordner.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>dB, power or amplitude, where neither names nor values tell.</source>
            <translation>dB, Leistung (power) oder Amplitude, wo weder Namen noch Werte es sagen.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>Only this area</source>
            <translation>Nur dieses Gebiet</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>Polygons; cells that share ground with one are mapped. The selection, where you tick it.</source>
            <translation>Polygone; kartiert werden Zellen, die Boden mit einem teilen. Nur die gewählten, wenn angehakt.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>or: only this extent</source>
            <translation>oder: nur diese Ausdehnung</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>A rectangle in any CRS, the map canvas for instance.</source>
            <translation>Ein Rechteck in beliebigem KBS, etwa die Kartenansicht.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>Choose the scene by one of the three: raster layers, folder, file; or Sentinel-1 alone.</source>
            <translation>Wählen Sie die Szene auf einem der drei Wege: Rasterlayer, Ordner, Datei; oder Sentinel-1 allein.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>Choose an area or an extent, not both.</source>
            <translation>Ein Gebiet oder eine Ausdehnung wählen, nicht beides.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_algorithm.py" />
            <source>The area holds no polygon. Is a selection asked for, and empty?</source>
            <translation>Das Gebiet hat kein Polygon. Ist eine Auswahl verlangt und leer?</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Scene info</source>
            <translation>Szene beschreiben</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Say what a scene is, and what mapping it would need</source>
            <translation>Sagen, was eine Szene ist und was ihre Kartierung bräuchte</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>&lt;p&gt;Looks at a scene before a run: bands, radiometry (processing baseline, offset), grid, number of patches, and the memory, disk space and time that mapping it would need on this machine, measured by decoding a block and running a batch.&lt;/p&gt;&lt;p&gt;Takes the parameters of &lt;i&gt;Map scene&lt;/i&gt;, so that the forecast is that of the very run you plan. Nothing is mapped.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Sieht eine Szene vor einem Lauf an: Bänder, Radiometrie (Baseline, Versatz), Gitter, Zahl der Ausschnitte und was ihre Kartierung auf diesem Rechner an Speicher, Platte und Zeit bräuchte, gemessen an einem dekodierten Block und einem gerechneten Stapel.&lt;/p&gt;&lt;p&gt;Nimmt die Parameter von &lt;i&gt;Szene kartieren&lt;/i&gt;, damit die Vorhersage die des geplanten Laufs ist. Kartiert wird nichts.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>sentinel,bands,radiometry,baseline,metadata,memory,time,preflight</source>
            <translation>Sentinel,Bänder,Radiometrie,Baseline,Metadaten,Speicher,Zeit,Vorschau</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Description</source>
            <translation>Beschreibung</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>A page to read; it opens in the viewer of results.</source>
            <translation>Eine Seite zum Lesen; sie öffnet sich in der Ergebnisanzeige.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Name of the scene</source>
            <translation>Name der Szene</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>CRS</source>
            <translation>KBS</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Bands found</source>
            <translation>Gefundene Bänder</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Passes of Sentinel-1</source>
            <translation>Überflüge von Sentinel-1</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Why it cannot be mapped; empty where it can</source>
            <translation>Warum sie nicht kartiert werden kann; leer, wenn sie es kann</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Patches to map</source>
            <translation>Zu kartierende Ausschnitte</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Memory (bytes)</source>
            <translation>Speicher (Byte)</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Disk space (bytes)</source>
            <translation>Plattenplatz (Byte)</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Time (seconds)</source>
            <translation>Zeit (Sekunden)</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>All facts as JSON</source>
            <translation>Alle Angaben als JSON</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/truth.py" />
            <source>multilabel: each class for itself. tong: one class a patch, as published. bn-only: only the statistics of the network's normalisation, the quickest.</source>
            <translation>multilabel: jede Klasse für sich. tong: eine Klasse je Ausschnitt, wie veröffentlicht. bn-only: nur die Statistik der Normalisierung des Netzes, am schnellsten.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/truth.py" />
            <source>Land cover of the same place, where you have some: the guard then compares true scores, too. Nothing is learned from it.</source>
            <translation>Landbedeckung desselben Ortes, wo Sie welche haben: der Wächter vergleicht dann auch wahre Güten. Gelernt wird daraus nichts.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Statistics in zones</source>
            <translation>Statistik nach Zonen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Presence and mean probability of every class in each polygon</source>
            <translation>Vorkommen und mittlere Wahrscheinlichkeit jeder Klasse in jedem Polygon</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>&lt;p&gt;Counts the cells of a finished map in the polygons of a layer. For every polygon and class: the share of the mapped cells in which the class is present, and its mean probability. Cells that were not mapped are counted apart.&lt;/p&gt;&lt;p&gt;A share of cells is no share of ground: a cell may carry several classes, and the shares of a polygon do not sum to 1.&lt;/p&gt;&lt;p&gt;The result is a GeoPackage with the polygons (&lt;code&gt;share_…&lt;/code&gt; and &lt;code&gt;p_…&lt;/code&gt; a class, &lt;code&gt;main_class&lt;/code&gt;) and a table of a row a polygon and class.&lt;/p&gt;</source>
            <translation>&lt;p&gt;Zählt die Zellen einer fertigen Karte in den Polygonen eines Layers. Für jedes Polygon und jede Klasse: der Anteil der kartierten Zellen, in denen die Klasse vorkommt, und ihre mittlere Wahrscheinlichkeit. Nicht kartierte Zellen werden getrennt gezählt.&lt;/p&gt;&lt;p&gt;Ein Anteil an Zellen ist kein Anteil am Boden: Eine Zelle kann mehrere Klassen tragen, und die Anteile eines Polygons ergeben nicht 1.&lt;/p&gt;&lt;p&gt;Das Ergebnis ist ein GeoPackage mit den Polygonen (&lt;code&gt;share_…&lt;/code&gt; und &lt;code&gt;p_…&lt;/code&gt; je Klasse, &lt;code&gt;main_class&lt;/code&gt;) und einer Tabelle mit einer Zeile je Polygon und Klasse.&lt;/p&gt;</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>zonal,statistics,polygons,share,district,catchment,land cover</source>
            <translation>zonal,Statistik,Polygone,Anteil,Bezirk,Einzugsgebiet,Landbedeckung</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Zones</source>
            <translation>Zonen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Polygons in any CRS; the selected ones, where you tick it.</source>
            <translation>Polygone in beliebigem KBS; nur die gewählten, wenn angehakt.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Name of the zone</source>
            <translation>Name der Zone</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Polygons that share its value are one zone. Left empty, each polygon is one.</source>
            <translation>Polygone mit demselben Wert sind eine Zone. Leer: jedes Polygon ist eine.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>A cell counts</source>
            <translation>Eine Zelle zählt</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>centre: where its centre lies in the polygon. area: by the share of it that the polygon covers, which small and narrow polygons need.</source>
            <translation>centre: wo ihre Mitte im Polygon liegt. area: nach dem Anteil, den das Polygon von ihr bedeckt; kleine und schmale Polygone brauchen das.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Statistics</source>
            <translation>Statistik</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>A GeoPackage; it is replaced where it exists.</source>
            <translation>Ein GeoPackage; ein vorhandenes wird ersetzt.</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Row a zone and class</source>
            <translation>Zeile je Zone und Klasse</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Cells counted</source>
            <translation>Gezählte Zellen</translation>
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Cells not mapped</source>
            <translation>Nicht kartierte Zellen</translation>
        </message>
        <message>
            <location filename="../../plugin/products.py" />
            <source>Choose the .gpkg of one.</source>
            <translation>Das .gpkg von einer wählen.</translation>
        </message>
        <message>
            <location filename="../../plugin/products.py" />
            <source>{folder} holds {n} maps.</source>
            <translation>{folder} enthält {n} Karten.</translation>
        </message>
        <message>
            <location filename="../../plugin/products.py" />
            <source>{path} belongs to no finished map.</source>
            <translation>{path} gehört zu keiner fertigen Karte.</translation>
        </message>
        <message>
            <location filename="../../plugin/products.py" />
            <source>Choose the .gpkg that a run wrote, or its folder.</source>
            <translation>Das .gpkg wählen, das ein Lauf geschrieben hat, oder dessen Ordner.</translation>
        </message>
        <message>
            <location filename="../../plugin/result/chip.py" />
            <source>Radar picture of the patch, 1.2 x 1.2 km: red VV, green VH, blue VV - VH</source>
            <translation>Radarbild des Ausschnitts, 1,2 x 1,2 km: rot VV, grün VH, blau VV - VH</translation>
        </message>
        <message>
            <location filename="../../plugin/result/chip.py" />
            <source>True colour of the patch, 1.2 x 1.2 km</source>
            <translation>Echtfarben des Ausschnitts, 1,2 x 1,2 km</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>Cells by class – {map}</source>
            <translation>Zellen nach Klassen – {map}</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>What is counted</source>
            <translation>Was gezählt wird</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>A cell may carry several classes, but one of them is the most probable</source>
            <translation>Eine Zelle kann mehrere Klassen tragen, doch eine davon ist die wahrscheinlichste</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>Cells in which the class is present</source>
            <translation>Zellen, in denen die Klasse vorkommt</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>Cells in which it is the most probable</source>
            <translation>Zellen, in denen sie die wahrscheinlichste ist</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <location filename="../../plugin/result/inspector.py" />
            <source>Cells by class</source>
            <translation>Zellen nach Klassen</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>Copy the table, to paste into a spreadsheet</source>
            <translation>Die Tabelle kopieren, zum Einfügen in eine Tabellenkalkulation</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>Save CSV…</source>
            <translation>CSV speichern …</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>Save the table as a CSV file</source>
            <translation>Die Tabelle als CSV-Datei speichern</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>Open the map's report in the browser</source>
            <translation>Den Bericht der Karte im Browser öffnen</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>Save CSV</source>
            <translation>CSV speichern</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>The file could not be written: {why}</source>
            <translation>Die Datei ließ sich nicht schreiben: {why}</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>{name}: {n} cells</source>
            <translation>{name}: {n} Zellen</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>Of {n} mapped cells.</source>
            <translation>Von {n} kartierten Zellen.</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>Of {n} mapped cells, by the model's own thresholds. Present means: somewhere in the patch.</source>
            <translation>Von {n} kartierten Zellen, nach den Schwellen des Modells. Vorkommen heißt: irgendwo im Ausschnitt.</translation>
        </message>
        <message>
            <location filename="../../plugin/result/counts.py" />
            <source>Of {n} mapped cells, from a probability of {t:.0%} on. Present means: somewhere in the patch.</source>
            <translation>Von {n} kartierten Zellen, ab einer Wahrscheinlichkeit von {t:.0%}. Vorkommen heißt: irgendwo im Ausschnitt.</translation>
        </message>
        <message>
            <location filename="../../plugin/result/inspector.py" />
            <source>Patch</source>
            <translation>Ausschnitt</translation>
        </message>
        <message>
            <location filename="../../plugin/result/inspector.py" />
            <source>Explain a patch</source>
            <translation>Einen Ausschnitt erklären</translation>
        </message>
        <message>
            <location filename="../../plugin/result/inspector.py" />
            <source>Click a patch of the map to see the probability of every class and its picture</source>
            <translation>Einen Ausschnitt der Karte anklicken, um die Wahrscheinlichkeit jeder Klasse und sein Bild zu sehen</translation>
        </message>
        <message>
            <location filename="../../plugin/result/inspector.py" />
            <source>Chart and table of the cells of every class</source>
            <translation>Diagramm und Tabelle der Zellen jeder Klasse</translation>
        </message>
        <message>
            <location filename="../../plugin/result/inspector.py" />
            <source>No picture: load the scene's bands B04, B03 and B02, or VV and VH.</source>
            <translation>Kein Bild: Laden Sie die Bänder B04, B03 und B02 der Szene, oder VV und VH.</translation>
        </message>
        <message>
            <location filename="../../plugin/result/inspector.py" />
            <source>The scene's files cannot be read.</source>
            <translation>Die Dateien der Szene lassen sich nicht lesen.</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>Picture of the patch</source>
            <translation>Bild des Ausschnitts</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>Probability of every class</source>
            <translation>Wahrscheinlichkeit jeder Klasse</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>bar: probability · tick: threshold · bold: label</source>
            <translation>Balken: Wahrscheinlichkeit · Strich: Schwelle · fett: Label</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>The patch in the west</source>
            <translation>Der Ausschnitt im Westen</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>The patch in the north</source>
            <translation>Der Ausschnitt im Norden</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>The patch in the south</source>
            <translation>Der Ausschnitt im Süden</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>The patch in the east</source>
            <translation>Der Ausschnitt im Osten</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>Click a patch of the map.</source>
            <translation>Einen Ausschnitt der Karte anklicken.</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>Row {row}, column {col}</source>
            <translation>Zeile {row}, Spalte {col}</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>patch {index} of BigEarthNet</source>
            <translation>Ausschnitt {index} von BigEarthNet</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>{name}: {p}; the model was not trained for it, so it is never a label</source>
            <translation>{name}: {p}; dafür ist das Modell nicht trainiert, es ist also nie ein Label</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>{name}: {p}, a label (from {t:.0%} on)</source>
            <translation>{name}: {p}, ein Label (ab {t:.0%})</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>{name}: {p}, no label (from {t:.0%} on)</source>
            <translation>{name}: {p}, kein Label (ab {t:.0%})</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>&lt;b&gt;Not mapped&lt;/b&gt;&lt;br&gt;{why}</source>
            <translation>&lt;b&gt;Nicht kartiert&lt;/b&gt;&lt;br&gt;{why}</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>&lt;b&gt;No label&lt;/b&gt;&lt;br&gt;No class reaches its threshold.</source>
            <translation>&lt;b&gt;Kein Label&lt;/b&gt;&lt;br&gt;Keine Klasse erreicht ihre Schwelle.</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>Present</source>
            <translation>Kommt vor</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>valid pixels</source>
            <translation>gültige Pixel</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>Sentinel-2</source>
            <translation>Sentinel-2</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>cloud: unknown</source>
            <translation>Wolken: unbekannt</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>uncertainty: {e:.2f}</source>
            <translation>Unsicherheit: {e:.2f}</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>model: {name}</source>
            <translation>Modell: {name}</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>the fallback model; the first could not: {why}</source>
            <translation>das Ersatzmodell; das erste konnte nicht: {why}</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>how unusual: {p:.0%}</source>
            <translation>wie ungewöhnlich: {p:.0%}</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>by energy (no class speaks up)</source>
            <translation>nach Energie (keine Klasse meldet sich)</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>by distance in the model's features</source>
            <translation>nach dem Abstand in den Merkmalen des Modells</translation>
        </message>
        <message>
            <location filename="../../plugin/result/patch_view.py" />
            <source>How unlike its training data the patch looks to the model; at 99 % and more the answer is a guess:</source>
            <translation>Wie fremd der Ausschnitt dem Modell nach seinen Trainingsdaten ist; ab 99 % ist die Antwort geraten:</translation>
        </message>
    </context>
</TS>
